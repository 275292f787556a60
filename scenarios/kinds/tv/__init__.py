"""Television sets at home: sound ones tell how they do, failing ones what they complain about."""
