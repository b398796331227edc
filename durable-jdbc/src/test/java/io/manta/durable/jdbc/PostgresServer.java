package io.manta.durable.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// A PostgreSQL in a temporary folder that answers at a port of loopback. It ends with this object,
/// and also when this JVM is killed.
final class PostgresServer implements AutoCloseable {
  static final String USER = "manta";
  static final String PASSWORD = "open:sesame@1&2";

  private static final String REQUIRED = "test.postgresql";
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  /// Ends the server by the signal that it reads, or as after a crash when its input ends.
  private static final String UNTIL_INPUT_ENDS =
      "\"$@\" < /dev/null & server=$!; read -r signal; kill -${signal:-QUIT} $server; wait $server";

  private final Path programs;
  private final Path folder;
  private final int port;
  private Process process;

  private PostgresServer(Path programs, Path folder, int port) {
    this.programs = programs;
    this.folder = folder;
    this.port = port;
  }

  /// Skips the test where there is no PostgreSQL, unless `-Dtest.postgresql=required`.
  static PostgresServer startOrSkip() throws IOException, InterruptedException {
    Optional<Path> programs = programs();
    if (programs.isEmpty()) {
      String message =
          "no PostgreSQL in /usr/lib/postgresql/*/bin and no initdb on the PATH; install it, on"
              + " Debian and Ubuntu by: apt-get install postgresql";
      if (System.getProperty(REQUIRED, "").equals("required")) {
        throw new AssertionError(message);
      }
      Assumptions.abort(message);
    }
    Path folder = Files.createTempDirectory("manta-postgresql-");
    int port;
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    var server = new PostgresServer(programs.orElseThrow(), folder, port);
    try {
      server.initialize();
      server.start();
    } catch (Throwable e) {
      server.close();
      throw e;
    }
    return server;
  }

  private static Optional<Path> programs() throws IOException {
    List<Path> found = new ArrayList<>();
    Path debian = Path.of("/usr/lib/postgresql");
    if (Files.isDirectory(debian)) {
      try (Stream<Path> versions = Files.list(debian)) {
        versions.map(version -> version.resolve("bin")).forEach(found::add);
      }
    }
    found.sort(Comparator.comparing(Path::toString).reversed());
    for (String path : System.getenv().getOrDefault("PATH", "").split(":")) {
      found.add(Path.of(path));
    }
    return found.stream()
        .filter(path -> Files.isExecutable(path.resolve("initdb")))
        .filter(path -> Files.isExecutable(path.resolve("postgres")))
        .findFirst();
  }

  private void initialize() throws IOException, InterruptedException {
    Path password = Files.writeString(folder.resolve("password"), PASSWORD);
    if (isRoot()) {
      var owner = folder.getFileSystem().getUserPrincipalLookupService();
      Files.setOwner(folder, owner.lookupPrincipalByName("nobody"));
      Files.setOwner(password, owner.lookupPrincipalByName("nobody"));
    }
    List<String> command = unprivileged();
    command.addAll(
        List.of(
            programs.resolve("initdb").toString(),
            "--pgdata=" + folder.resolve("data"),
            "--username=" + USER,
            "--auth=scram-sha-256",
            "--pwfile=" + password,
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync"));
    Process initdb =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("initdb.log").toFile())
            .start();
    try {
      assertThat(initdb.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)).as("initdb ends").isTrue();
    } finally {
      initdb.destroyForcibly();
    }
    assertThat(initdb.exitValue()).as(Files.readString(folder.resolve("initdb.log"))).isZero();
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  /// PostgreSQL refuses to run as root.
  private static List<String> unprivileged() {
    return new ArrayList<>(
        isRoot()
            ? List.of("setpriv", "--reuid=nobody", "--regid=65534", "--clear-groups")
            : List.of());
  }

  /// Starts it, or starts it again; blocks until it answers.
  void start() throws IOException {
    List<String> command = new ArrayList<>(List.of("sh", "-c", UNTIL_INPUT_ENDS, "sh"));
    command.addAll(unprivileged());
    command.addAll(
        List.of(
            programs.resolve("postgres").toString(),
            "-D",
            folder.resolve("data").toString(),
            "-p",
            Integer.toString(port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "fsync=off"));
    Path log = folder.resolve("server.log");
    process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    await("PostgreSQL answers")
        .atMost(DEADLINE)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
              try (Connection connection = connect()) {
                return connection.isValid(1);
              } catch (SQLException e) {
                return false;
              }
            });
  }

  /// Ends it as its administrator does, clients or not; blocks until it is gone.
  void stop() {
    end("INT");
  }

  /// Ends it without ado; blocks until it is gone.
  void crash() {
    end("QUIT");
  }

  private void end(String signal) {
    try (var input = process.getOutputStream()) {
      input.write((signal + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // it has ended
    }
    try {
      if (!process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  int port() {
    return port;
  }

  /// Its database, with credentials apart from the URL.
  Database database() {
    return database(port, "");
  }

  /// The same by way of another port, where each commit can be read.
  Database databaseBehind(CuttableProxy proxy) {
    return database(proxy.port(), "&prepareThreshold=0");
  }

  private static Database database(int port, String parameters) {
    return new Database(
        "jdbc:postgresql://127.0.0.1:" + port + "/postgres?sslmode=disable" + parameters,
        Optional.of(USER),
        Optional.of(PASSWORD));
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(database().url(), USER, PASSWORD);
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() {
    if (process != null && process.isAlive()) {
      end("QUIT");
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
