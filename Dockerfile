# The one image of Relance: web, worker, beat and migrate differ by their command alone.

FROM python:3.13-slim AS build
ENV PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gettext \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/relance
ENV PATH=/opt/relance/bin:$PATH
COPY requirements/production.txt /tmp/production.txt
RUN pip install --require-hashes --requirement /tmp/production.txt
WORKDIR /app
COPY . .
# The settings want what production wants; nothing of this stays in the image.
RUN export SECRET_KEY=only-for-the-build SITE_URL=https://localhost DATABASE_URL=sqlite:////tmp/none \
    DJANGO_SETTINGS_MODULE=config.settings.base \
    && find locale -name '*.po' -exec sh -c \
        'for po; do msgfmt --check-format -o "${po%.po}.mo" "$po" || exit 1; done' _ {} + \
    && python manage.py collectstatic --no-input \
    && python -m compileall -q config core crm pipeline messaging capture demo

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin relance \
    && install --directory --owner=relance --mode=0700 /var/lib/relance
ENV PATH=/opt/relance/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.base
COPY --from=build /opt/relance /opt/relance
COPY --from=build /app /app
WORKDIR /app
USER relance
EXPOSE 8000
CMD ["gunicorn", "--config", "python:config.gunicorn", "config.wsgi:application"]
