"""Routes of the pages about people and companies."""

from django.urls import URLPattern, URLResolver, path

from crm.duplicatelines import COMPANIES, CONTACTS
from crm.views import (
    accounts,
    companies,
    contacts,
    lists,
    notices,
    privacy,
    profile,
    reach,
    reviewing,
    savedviews,
    targets,
    teams,
)
from crm.views.duplicates import routes as duplicate_routes
from crm.views.merging import MERGINGS
from crm.views.organisation import organisation

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", accounts.LoginView.as_view(), name="login"),
    path("logout/", accounts.LogoutView.as_view(), name="logout"),
    path("password-reset/", accounts.password_reset, name="password-reset"),
    path(
        "password-reset/sent/",
        accounts.PasswordResetSentView.as_view(),
        name="password-reset-sent",
    ),
    path(
        "password-reset/<uidb64>/<token>/",
        accounts.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path("invitation/<uid>/<token>/", accounts.accept, name="accept-invitation"),
    path("organisation/", organisation, name="organisation"),
    path("profile/", profile.profile, name="profile"),
    path("profile/password/", profile.change_password, name="profile-password"),
    path("companies/suggest/", companies.suggest, name="company-suggest"),
    *companies.DOOR.routes(),
    *contacts.DOOR.routes(),
    *reach.Reach(companies.DOOR).routes(),
    *reach.Reach(contacts.DOOR).routes(),
    path("contacts/<int:pk>/card/", contacts.card, name="contact-card"),
    path("contacts/<int:pk>/privacy/", privacy.show, name="contact-privacy"),
    path("contacts/<int:pk>/privacy/export/", privacy.export, name="contact-privacy-export"),
    path("privacy/", privacy.log, name="privacy-log"),
    *duplicate_routes(CONTACTS),
    *duplicate_routes(COMPANIES),
    path("duplicates/", reviewing.index, name="duplicates"),
    path("duplicates/<slug:many>/", reviewing.index, name="duplicates-of"),
    path("duplicates/<slug:many>/decide/", reviewing.decide, name="duplicates-decide"),
    *MERGINGS["contact"].routes("contacts"),
    *MERGINGS["company"].routes("companies"),
    path("lists/<slug:name>/columns/", lists.columns, name="list-columns"),
    path("views/", savedviews.menu, name="views"),
    path("views/new/", savedviews.new, name="view-new"),
    path("views/first/", savedviews.first, name="view-first"),
    path("views/<int:pk>/edit/", savedviews.edit, name="view-edit"),
    path("views/<int:pk>/save/", savedviews.save, name="view-save"),
    path("views/<int:pk>/delete/", savedviews.delete, name="view-delete"),
    path("notices/", notices.notices, name="notices"),
    path("notices/bell/", notices.bell, name="notices-bell"),
    path("notices/seen/", notices.seen, name="notices-seen"),
    path("teams/", teams.mine, name="teams"),
    path("teams/<int:pk>/", teams.team, name="team"),
    path("teams/<int:pk>/join/", teams.join, name="team-join"),
    path("targets/", targets.grid, name="targets"),
    path("targets/export/", targets.export, name="targets-export"),
    path("members/<int:pk>/", teams.member, name="member"),
    path("members/<int:pk>/leave/", teams.leave, name="member-leave"),
    path("preferences/", profile.preferences, name="preferences"),
]
