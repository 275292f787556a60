"""The worker beside the service that proposes plans by set partitioning: it needs the extra ``plan``, and decides nothing."""
