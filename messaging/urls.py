"""Routes of the pages about what is said."""

from django.urls import URLPattern, URLResolver, path

from messaging.views import doing, feeds, files, followers, inviting, notes, notifications, wishes

urlpatterns: list[URLPattern | URLResolver] = [
    path("notes/<int:pk>/", notes.show, name="note"),
    path("notes/<int:pk>/edit/", notes.edit, name="note-edit"),
    path("notes/<int:pk>/delete/", notes.delete, name="note-delete"),
    path("notes/<int:pk>/versions/", notes.versions, name="note-versions"),
    path("notes/<int:pk>/access/", notes.give_access, name="note-access"),
    path("files/<int:pk>/", files.download, name="file"),
    path("files/<int:pk>/delete/", files.delete, name="file-delete"),
    path("files/<slug:kind>/<int:pk>/", files.on_record, name="files"),
    path("mentions/", notes.mentions, name="mentions"),
    path("leads/<int:pk>/follow/", followers.follow, name="lead-follow"),
    path("notifications/", notifications.index, name="notifications"),
    path("notifications/settings/", wishes.wishes, name="notification-settings"),
    path("mails/stop/<str:token>/", wishes.stop, name="mails-stop"),
    path("activities/<int:pk>/invite/", inviting.ask, name="activity-invite"),
    path("guests/<int:pk>/withdraw/", inviting.withdraw, name="guest-withdraw"),
    path("invitations/<str:token>/", inviting.answer, name="invitation-answer"),
    path("done/<str:token>/", doing.done, name="done-link"),
    path("profile/calendar/", feeds.change, name="calendar-change"),
    path("calendar/<str:secret>.ics", feeds.read, name="calendar-feed"),
    path("notifications/read/", notifications.read_all, name="notifications-read"),
    path("notifications/<int:pk>/open/", notifications.open_one, name="notification-open"),
    path("notifications/<int:pk>/read/", notifications.read_one, name="notification-read"),
    path("notes/<slug:kind>/<int:pk>/", notes.on_record, name="notes"),
]
