# The proxy, without the optional model. Build: docker build -t headroom .
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/headroom && /opt/headroom/bin/pip install --no-cache-dir ".[redis,otel,images]"

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 headroom && install -d -o headroom -m 0700 /state
COPY --from=build /opt/headroom /opt/headroom
USER headroom
ENV PATH=/opt/headroom/bin:$PATH \
    HEADROOM_WORKSPACE_DIR=/state \
    PYTHONUNBUFFERED=1
VOLUME /state
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8787/readyz', timeout=2)"]
# Reachable from outside the container: set HEADROOM_PROXY_TOKEN.
CMD ["headroom", "proxy", "--host", "0.0.0.0"]
