"""``callahead bench voice``: recorded speakers, through G.711, against each other's prints."""
