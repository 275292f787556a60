"""What a story is made of beside its fleet: one file for each thing an author may write down."""
