# A Holdfast worker with the tools of every source and repository kind.
# Images are pinned by tag; pin the digest too where your registry is at hand (`docker buildx imagetools inspect`).

FROM node:24.11-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node tools/build.mjs && npm prune --omit=dev --no-audit --no-fund

FROM node:24.11-bookworm-slim
ARG POSTGRES_MAJOR=18
# Debian's postgresql-common brings the key and the script of PostgreSQL's own repository, which has the client tools of
# every major version: a dump by a newer one than its server can't always be restored into that server. The server
# programs of one version are there for restores into scratch; none is started here.
RUN mkdir -p /etc/postgresql-common/createcluster.d \
 && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/holdfast.conf \
 && apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates postgresql-common \
 && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
 && apt-get install -y --no-install-recommends \
      postgresql-${POSTGRES_MAJOR} postgresql-client-14 postgresql-client-15 postgresql-client-16 \
      postgresql-client-17 postgresql-client-18 \
      zstd gnupg openssh-client tar util-linux restic pgbackrest bind9-dnsutils tini tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --home-dir /home/holdfast --shell /usr/sbin/nologin holdfast \
 && install -d -o holdfast -g holdfast -m 0700 /var/lib/holdfast /backups

ENV NODE_ENV=production \
    PATH=/usr/lib/postgresql/${POSTGRES_MAJOR}/bin:$PATH \
    HOLDFAST_WORK_DIR=/var/lib/holdfast
WORKDIR /opt/holdfast
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
RUN ln -s /opt/holdfast/dist/cli/main.js /usr/local/bin/holdfast

USER 10001:10001
VOLUME ["/var/lib/holdfast", "/backups"]
EXPOSE 9464
# Metrics come from the worker's own runtime: when they answer, it runs.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/metrics').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# An init of its own: tools that a worker leaves behind are reaped, and signals arrive.
ENTRYPOINT ["/usr/bin/tini", "--", "holdfast"]
CMD ["worker", "--help"]
