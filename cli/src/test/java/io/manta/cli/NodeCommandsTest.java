package io.manta.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.manta.actors.Manta;
import io.manta.actors.RemoteQueue;
import io.manta.cli.internal.CommandRunner;
import io.manta.cli.internal.NodeFolder;
import io.manta.cli.internal.NodeRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The commands as a user runs them, each a process, with real nodes.
@Timeout(300)
class NodeCommandsTest {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final String NATIVE =
      "--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow";

  @TempDir private Path home;
  private int commands;

  private record Outcome(int code, String out, String err) {}

  @AfterEach
  void killNodes() {
    NodeFolder.records(home).stream()
        .map(NodeRecord::process)
        .forEach(process -> process.ifPresent(ProcessHandle::destroyForcibly));
  }

  private ProcessBuilder builder(String... arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    String options = System.getProperty("manta.jvm.options", NATIVE);
    command.addAll(List.of(options.split(" ")));
    command.add("-Dmanta.jvm.options=" + options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("MANTA_"));
    builder.environment().put("MANTA_HOME", home.toString());
    return builder.directory(home.toFile());
  }

  private Outcome run(String... arguments) throws Exception {
    Path out = home.resolve("out-" + ++commands);
    Path err = home.resolve("err-" + commands);
    Process process =
        builder(arguments).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    try {
      assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
          .as("'%s' ends", String.join(" ", arguments))
          .isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  @Test
  void shouldStartShowAndStopNodes() throws Exception {
    List<Integer> ports = Ports.free(2);
    String head = Integer.toString(ports.getFirst());
    String address = "manta://127.0.0.1:" + head;

    Outcome first = run("start", "--head", "--port", head, "--cpus", "3");

    assertThat(first.err()).isEmpty();
    assertThat(first.code()).isZero();
    assertThat(first.out())
        .contains("is up at " + address)
        .contains("offers   3 cpu")
        .contains("start --address " + address)
        .contains("Manta.connect(\"" + address + "\")");

    Outcome again = run("start", "--head", "--port", head);

    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("a node of yours runs on port " + head).contains("--port ");

    Outcome second =
        run(
            "start",
            "--address",
            "auto",
            "--port",
            Integer.toString(ports.getLast()),
            "--resource",
            "licence=2");

    assertThat(second.code()).as(second.err()).isZero();

    Outcome status = run("status", "--json");

    assertThat(status.code()).as(status.err()).isZero();
    JsonNode cluster = new ObjectMapper().readTree(status.out());
    assertThat(cluster.at("/nodes")).hasSize(2);
    assertThat(cluster.at("/total/licence").asDouble()).isEqualTo(2);
    assertThat(run("status", "--address", address).out())
        .contains("2 nodes")
        .contains("licence 0 / 2")
        .contains("127.0.0.1:" + head);

    assertThat(run("actors").out()).isEqualToIgnoringNewLines("no actors");
    try (Manta driver = Manta.connect(address)) {
      RemoteQueue<String> queue = RemoteQueue.create(driver, 2);
      queue.put("first");
      Outcome actors = run("actors", "--state", "ALIVE", "--rebalance");
      assertThat(actors.out()).contains("0 actors moved").contains("ACTOR").contains("ALIVE");
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(
                          new ObjectMapper()
                              .readTree(run("actors", "--json").out())
                              .at("/0/state")
                              .asText())
                      .isEqualTo("ALIVE"));
    }
    assertThat(run("actors", "--limit", "0").err()).contains("must be 1 or more");
    checkNodeCommands("127.0.0.1:" + head);

    Path peers = NodeFolder.of(home, ports.getFirst()).state().resolve("peers");
    assertThat(peers).exists();
    List<NodeRecord> records = NodeFolder.records(home);

    Outcome stop = run("stop");

    assertThat(stop.code()).as(stop.out()).isZero();
    assertThat(stop.out().lines()).hasSize(2).allMatch(line -> line.startsWith("Stopped node "));
    assertThat(records).hasSize(2).allMatch(record -> record.process().isEmpty());
    assertThat(NodeFolder.records(home)).isEmpty();
    assertThat(peers).doesNotExist();
    assertThat(run("stop").out())
        .isEqualToIgnoringNewLines("No node of yours runs on this machine.");
  }

  @Test
  void shouldMakeCertificatesAndUseThem() throws Exception {
    String security = home.resolve("security").toString();
    String port = Integer.toString(Ports.free(1).getFirst());
    String address = "manta://127.0.0.1:" + port;

    Outcome made = run("cluster", "init");

    assertThat(made.code()).as(made.err()).isZero();
    assertThat(made.out())
        .contains("certificate for  localhost, 127.0.0.1")
        .contains("stays here              " + security + "/ca-key.pem")
        .contains("start --head --host")
        .contains("--security " + security);
    assertThat(run("cluster", "init").err()).contains("is there already, and is not replaced");

    Outcome started = run("start", "--head", "--port", port, "--security", security);

    assertThat(started.code()).as(started.err()).isZero();
    assertThat(started.out()).contains("status --security " + security);
    String token = Files.readString(Path.of(security, "token")).strip();
    long node = NodeFolder.records(home).getFirst().pid();
    assertThat(Files.readString(Path.of("/proc/" + node + "/cmdline")))
        .contains("--security")
        .doesNotContain(token);
    assertThat(run("status", "--security", security).out()).contains("1 node");
    Outcome bare = run("status", "--address", address, "--join-timeout", "1s");
    assertThat(bare.code()).isEqualTo(1);
    assertThat(bare.err()).contains("one that asks for TLS");

    Outcome renewed = run("cluster", "renew", "--hosts", "node1.example.org,10.0.0.5");

    assertThat(renewed.out())
        .contains("certificate for  localhost, 127.0.0.1, node1.example.org, 10.0.0.5");
    assertThat(run("status", "--security", security).out()).contains("1 node");
    Path log = NodeFolder.of(home, Integer.parseInt(port)).log();
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(log)
                    .content()
                    .contains(
                        "does not speak TLS", "security again; its certificate is valid until"));
    assertThat(log).content().doesNotContain(token);
    assertThat(run("stop").out()).contains("Stopped node ");
  }

  @Test
  void shouldRefuseToBeReachedByOtherMachinesWithoutCertificates() throws Exception {
    Outcome outcome = run("start", "--head", "--port", "0", "--host", "10.0.0.5");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("host '10.0.0.5' is not a loopback address")
        .contains("manta cluster init");
    assertThat(home.resolve("nodes")).as("no node was tried").doesNotExist();
  }

  @Test
  void shouldNameTheTakenPortAndSuggestAnother() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());

      Outcome outcome = run("start", "--head", "--port", port);

      assertThat(outcome.code()).isEqualTo(1);
      assertThat(outcome.err())
          .contains("port " + port + " on 127.0.0.1 is taken")
          .containsPattern("--port \\d+");

      Outcome http = run("start", "--head", "--port", "0", "--http-port", port);

      assertThat(http.code()).isEqualTo(1);
      assertThat(http.err())
          .contains("port " + port + " on 127.0.0.1 is taken")
          .containsPattern("--http-port \\d+");
      assertThat(home.resolve("nodes")).as("no node was tried").doesNotExist();
    }
  }

  @Test
  void shouldGiveUpOnAnAddressWhereNothingAnswers() throws Exception {
    String nowhere = "manta://127.0.0.1:" + Ports.free(1).getFirst();

    Outcome outcome = run("status", "--address", nowhere, "--join-timeout", "2s");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines()).hasSize(2);
    assertThat(outcome.err())
        .startsWith("manta: nothing listens at " + nowhere.substring("manta://".length()))
        .contains("for 2 s (--join-timeout)");
    assertThat(outcome.err().lines().skip(1))
        .singleElement()
        .asString()
        .contains(nowhere.substring("manta://".length()))
        .contains("2 s")
        .contains("nothing listens there");
  }

  @Test
  void shouldLeaveNothingOfANodeThatWasNeverUp() throws Exception {
    String nowhere = "manta://127.0.0.1:" + Ports.free(1).getFirst();

    Outcome outcome = run("start", "--address", nowhere, "--join-timeout", "1s");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).contains("nothing listens there");
    assertThat(home.resolve("nodes")).isEmptyDirectory();
  }

  private static void checkNodeCommands(String node) {
    assertThat(here(node, "pending")).isEqualToIgnoringNewLines("0: nothing waits");
    assertThat(here(node, "node", "cordon", node)).startsWith("0: ").contains("takes nothing new");
    assertThat(here(node, "status")).contains("is cordoned: nothing new starts there");
    assertThat(here(node, "node", "uncordon", node)).startsWith("0: ").contains("takes work");
    assertThat(here(node, "node", "set", node, "--cpus", "7", "--label", "zone=eu"))
        .startsWith("0: ");
    assertThat(here(node, "status")).contains("0 / 7").contains("zone=eu");

    assertThat(here(node, "node", "drain", node, "--timeout", "soon"))
        .contains("--timeout", "soon");
    assertThat(here(node, "node", "set", node)).startsWith("2: ").contains("nothing to change");
    assertThat(here(node, "node", "forget", "nothing"))
        .startsWith("2: ")
        .contains("no state folder is 'nothing'; there are [");
    assertThat(here(node, "node", "drain", "127.0.0.1:1"))
        .startsWith("2: ")
        .contains("no node is '127.0.0.1:1'", node);
  }

  /// The exit code and what a command says, in this process.
  private static String here(String node, String... command) {
    var said = new StringWriter();
    var writer = new PrintWriter(said, true);
    var arguments = new ArrayList<>(List.of(command));
    arguments.addAll(List.of("--address", "manta://" + node));
    int code = new CommandRunner(List.of(), writer, writer).run(arguments.toArray(String[]::new));
    return code + ": " + said;
  }

  @Test
  void shouldSayThatSomethingElseListensAtTheAddress() throws Exception {
    try (var other = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + other.getLocalPort();

      assertThat(run("status", "--address", address, "--join-timeout", "1s").err())
          .contains("what listens at " + address)
          .contains("no node of Manta");
      assertThat(run("start", "--address", address, "--join-timeout", "1s").err())
          .contains("what listens at " + address)
          .contains("no node of Manta");
    }
  }

  @Test
  void shouldEndTheNodeWhenStartIsInterrupted() throws Exception {
    int port = Ports.free(1).getFirst();
    String nowhere = "manta://127.0.0.1:" + Ports.free(1).getFirst();
    Process start =
        builder(
                "start",
                "--address",
                nowhere,
                "--port",
                Integer.toString(port),
                "--join-timeout",
                LIMIT.toSeconds() + "s")
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("out").toFile())
            .start();
    try {
      // It listens long after its process was made, and long before it is up.
      await().atMost(LIMIT).until(() -> answers(port));
      ProcessHandle node = start.descendants().findFirst().orElseThrow();

      start.destroy();

      assertThat(start.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      await().atMost(LIMIT).until(() -> !node.isAlive());
      assertThat(home.resolve("out")).content().hasLineCount(1).contains("nothing listens at");
      assertThat(home.resolve("nodes")).isEmptyDirectory();
    } finally {
      start.descendants().forEach(ProcessHandle::destroyForcibly);
      start.destroyForcibly();
    }
  }

  private static boolean answers(int port) {
    try (var _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void shouldEndWithItsParent() throws IOException {
    int port = Ports.free(1).getFirst();
    NodeFolder folder = NodeFolder.of(home, port).create();
    Process node =
        builder("start", "--block", "--head", "--port", Integer.toString(port), "--end-with-stdin")
            .redirectErrorStream(true)
            .redirectOutput(folder.log().toFile())
            .start();
    try (OutputStream parent = node.getOutputStream()) {
      await().atMost(LIMIT).until(() -> folder.record().isPresent());
    }

    await().atMost(LIMIT).until(() -> !node.isAlive());
  }

  @Test
  void shouldLeaveAndForgetItselfOnSigterm() throws Exception {
    int port = Ports.free(1).getFirst();
    NodeFolder folder = NodeFolder.of(home, port).create();
    Process node =
        builder("start", "--block", "--head", "--port", Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(folder.log().toFile())
            .start();
    try {
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(folder.log())
                      .content()
                      .contains("offers   ", "stop this node          Ctrl-C"));
      node.destroy();
      assertThat(node.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      node.destroyForcibly();
    }

    assertThat(folder.record()).isEmpty();
    assertThat(folder.state().resolve("peers")).as("it may come back").exists();
  }
}
