"""Stubs, replaced below."""

from django.utils.decorators import sync_only_middleware


def user_preferences(get_response):
    return get_response


def because_of_request(get_response):
    return get_response


def answer_errors(get_response):
    return get_response
