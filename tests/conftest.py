"""What all tests share: the cast of people and the first pipeline."""
