"""Is a ledger sound? Row by row, in bounded memory: order and hashes, causes, one tow, one order, one open call, and a replay."""
