#!/bin/sh
# Builds our HAPI FHIR server if target/ is missing, starts it and stays in the foreground; stop it by its process id.
# It prints "READY <base URL> in N ms" when it answers. Settings: environment variables HAPI_PORT (8090; 0: any free port),
# HAPI_HOST (127.0.0.1), HAPI_WORLDS (folder of world templates; "none": one database in memory, no /sandbox), HAPI_MEMORY (1g);
# the others are in README.md. "run.sh prepare" builds and leaves.
set -eu
cd "$(dirname "$0")"

say() { echo "hapi: $*" >&2; }

if [ ! -f target/hapi-sandbox.jar ] || [ -n "$(find src pom.xml -newer target/hapi-sandbox.jar 2>/dev/null)" ]; then
  command -v mvn >/dev/null || { say "Maven is missing: install maven and a JDK >= 17, or use docker compose --profile sandbox"; exit 1; }
  say "building from Maven Central (250 MB of jars, about 20 s, once)"
  mvn -B -q package >&2
fi
command -v java >/dev/null || { say "Java >= 17 is missing: install openjdk-17-jre-headless"; exit 1; }

options="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8 -Duser.timezone=UTC"
archive="target/classes-$( (java -version 2>&1; cksum target/hapi-sandbox.jar) | cksum | cut -d' ' -f1).jsa"
if [ ! -f "$archive" ]; then
  rm -f target/classes-*.jsa
  say "writing the class data archive (about 15 s, once; later starts are twice as fast)"
  part="$archive.$$"
  if HAPI_TRAINING=true HAPI_WORLDS="" HAPI_PORT=0 java $options -XX:ArchiveClassesAtExit="$part" \
      -jar target/hapi-sandbox.jar >/dev/null 2>&1; then
    mv "$part" "$archive"
  else
    say "no class data archive on this JVM; going on without"
    rm -f "$part"
  fi
fi
[ "${1:-}" = prepare ] && exit 0

export HAPI_HOST="${HAPI_HOST:-127.0.0.1}" HAPI_PORT="${HAPI_PORT:-8090}" HAPI_WORLDS="${HAPI_WORLDS:-target/worlds}"
[ "$HAPI_WORLDS" = none ] && HAPI_WORLDS=""
say "starting on $HAPI_HOST:$HAPI_PORT (6-15 s)"
exec java "-Xmx${HAPI_MEMORY:-1g}" $options -XX:SharedArchiveFile="$archive" -Xlog:cds=off -Xlog:cds+dynamic=off -jar target/hapi-sandbox.jar
