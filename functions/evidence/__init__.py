"""Evidence: what the audit trail was, written where no one can change it, and the check of the trail against it."""
