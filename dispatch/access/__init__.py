"""Who may do what: permissions, roles, who asks, and the rules of passwords' doors. Pure: time is an argument."""
