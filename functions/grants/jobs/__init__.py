"""Bulk jobs over the institutions below one: requests, the worker, exports."""
