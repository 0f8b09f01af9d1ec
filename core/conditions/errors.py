"""What is wrong with a condition, and where in its tree."""


class ConditionError(ValueError):
    """A condition that cannot be understood.

    `path` leads to the place in the tree ("all[1].value"; "" is its root); `problem` says in
    translated words what is wrong there and names the field, operator or type.
    """

    def __init__(self, problem: str, path: str = "") -> None:
        self.problem = str(problem)
        self.path = path
        super().__init__(f"{path}: {self.problem}" if path else self.problem)
