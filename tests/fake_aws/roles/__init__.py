"""STS's roles: which there are, whom they trust, and the sessions that AssumeRole and its kin hand out."""
