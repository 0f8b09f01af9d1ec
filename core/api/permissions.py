from rest_framework.permissions import IsAuthenticated


class ScopedAndActive(IsAuthenticated):
    pass
