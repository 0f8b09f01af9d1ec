"""Routes of the pages about what moves."""

from django.urls import URLPattern, URLResolver, path

from crm.views.duplicates import routes as duplicate_routes
from pipeline.duplicatelines import LEADS
from pipeline.views import board, boarddeeds, day, facts, leadlist, leads, moving, people, steps

urlpatterns: list[URLPattern | URLResolver] = [
    path("", board.start, name="start"),
    path("board/", board.boards, name="boards"),
    path("board/<int:pk>/", board.board, name="board"),
    path("board/<int:pk>/stages/<int:stage>/", board.more, name="board-more"),
    path("board/<int:pk>/stages/<int:stage>/about/", boarddeeds.about_stage, name="stage-about"),
    path("board/<int:pk>/steps/", board.steps, name="board-steps"),
    path("board/<int:pk>/news/", boarddeeds.news, name="board-news"),
    path("board/<int:pk>/look/", boarddeeds.look, name="board-look"),
    path("board/<int:pk>/add/", boarddeeds.add, name="board-add"),
    path("board/<int:pk>/bulk/<slug:deed>/", boarddeeds.bulk, name="board-bulk"),
    path("board/<int:pk>/lost/", board.lost, name="board-lost"),
    path("leads/narrow/", boarddeeds.narrow, name="lead-narrow"),
    path("leads/", leadlist.index, name="leads"),
    path("leads/export/", leadlist.export, name="leads-export"),
    path("leads/bulk/<slug:deed>/", leadlist.bulk, name="leads-bulk"),
    path("leads/new/", leads.new, name="lead-new"),
    path("leads/<int:pk>/", leads.show, name="lead"),
    path("leads/<int:pk>/panel/", leads.panel, name="lead-panel"),
    path("leads/<int:pk>/edit/", leads.edit, name="lead-edit"),
    path("leads/<int:pk>/history/", leads.timeline, name="lead-history"),
    path("leads/<int:pk>/archive/", leads.archive, name="lead-archive"),
    path("leads/<int:pk>/delete/", leads.delete, name="lead-delete"),
    path("leads/<int:pk>/facts/<str:name>/", facts.fact, name="lead-fact"),
    path("leads/<int:pk>/stars/", facts.stars, name="lead-stars"),
    path("leads/<int:pk>/people/", people.people, name="lead-people"),
    path("leads/<int:pk>/people/known/", people.contacts, name="lead-contacts"),
    path("leads/<int:pk>/people/<int:contact>/", people.person, name="lead-person"),
    path("leads/<int:pk>/assign/", people.assign, name="lead-assign"),
    path("leads/<int:pk>/convert/", people.convert, name="lead-convert"),
    path("leads/<int:pk>/move/", moving.move, name="lead-move"),
    path("leads/<int:pk>/win/", moving.win, name="lead-win"),
    path("leads/<int:pk>/lose/", moving.lose, name="lead-lose"),
    path("leads/<int:pk>/reopen/", moving.reopen, name="lead-reopen"),
    path("leads/<int:pk>/criterion/", moving.tick, name="lead-tick"),
    path("leads/<int:pk>/activities/", steps.plan, name="activity-new"),
    path("activities/<int:pk>/done/", steps.finish, name="activity-done"),
    path("activities/<int:pk>/snooze/", steps.snooze, name="activity-snooze"),
    path("activities/<int:pk>/due/", steps.reschedule, name="activity-due"),
    *duplicate_routes(LEADS, "leads"),
    path("day/", day.day, name="day"),
]
