"""The door for machines: tokens, problems, paging, preconditions, and the base of its resources."""
