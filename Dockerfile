# Manta's command line, for nodes in containers. From a built tree: docker/build
#
#   docker run --init IMAGE start --head --block --host ADDRESS --security FOLDER
#
# A base needs a JDK 25 or later whose `java` is on the PATH, and a shell.
ARG BASE=eclipse-temurin:25-jdk
FROM $BASE
COPY lib /opt/manta/lib
RUN mkdir -p /var/lib/manta && chown 10001:10001 /var/lib/manta
ENV MANTA_HOME=/var/lib/manta
USER 10001:10001
VOLUME /var/lib/manta
EXPOSE 25520
# What bin/manta gives to Java, too. The heap is three quarters of the container's memory.
ENTRYPOINT ["java", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", \
  "-XX:+UseCompactObjectHeaders", "-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxRAMPercentage=75", \
  "-Dmanta.program=manta", "-cp", "/opt/manta/lib/*", "io.manta.cli.Main"]
CMD ["--help"]
