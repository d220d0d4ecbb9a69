"""Evidence: what the audit trail was, written where nobody can change it, and the check of the trail against it."""
