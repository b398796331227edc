package io.manta.testkit.consistency;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.ActorHandle;
import io.manta.core.NodeId;
import io.manta.testkit.Eventually;
import io.manta.testkit.ProcessCluster;
import io.manta.testkit.consistency.Account.Book;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Clients that call counters and move money while nodes are killed, stand still, and lose their
/// folders, and while a driver comes and goes; then what they saw is checked.
final class Story implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /// What a killed node's store logs when it is whole again, and what others do without it.
  private static final String ENTERED = "durable state is kept here, too";

  private static final String RETIRED = "durable state is whole without";

  private static final List<Counting> COUNTERS =
      List.of(
          new Counting("owned-at-most-once", 0, false),
          new Counting("owned-at-least-once", 10_000, false),
          new Counting("detached-at-most-once", 0, true),
          new Counting("detached-at-least-once", 10_000, true));

  private static final List<String> ACCOUNTS =
      IntStream.range(0, 3).mapToObj(i -> "account-" + i).toList();

  private final long seed;
  private final int kills;
  private final Random random;
  private final Path witness;
  private final ProcessCluster cluster;
  private final Seat steady;
  private final Seat moving;
  private final List<CounterClient> counterClients = new ArrayList<>();
  private final List<BankClient> bankClients = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private final long began = System.nanoTime();
  private String phase = "starting";

  /// @param cluster of three nodes, which write what runs to `witness`
  Story(long seed, int kills, Path witness, ProcessCluster cluster) {
    this.seed = seed;
    this.kills = kills;
    this.random = new Random(seed);
    this.witness = witness;
    this.cluster = cluster;
    this.steady = new Seat(cluster);
    this.moving = new Seat(cluster);
  }

  /// @throws AssertionError naming seed, phase and state
  void run() throws InterruptedException {
    try {
      begin();
      for (int kill = 1; kill <= kills; kill++) {
        disturb(kill);
      }
      enter("stopping the clients");
      clients().forEach(Client::stop);
      for (Client client : clients().toList()) {
        assertThat(client.hasEnded(LIMIT.plus(Client.LIMIT))).as(client.doing()).isTrue();
      }
      checkClients();
      check();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(
          "seed %d, %s: %s%n%s".formatted(seed, phase, e.getMessage(), state()), e);
    }
  }

  private Stream<Client> clients() {
    return Stream.concat(counterClients.stream(), bankClients.stream());
  }

  private void enter(String next) {
    phase = next;
    events.add("%.1f s: %s".formatted((System.nanoTime() - began) / 1e9, next));
  }

  private void begin() {
    for (Seat seat : List.of(steady, moving)) {
      seesAll(seat);
    }
    for (Counting counter : COUNTERS) {
      counter.handle(counter.detached() ? moving.manta() : steady.manta());
    }
    int number = 0;
    for (Seat seat : List.of(steady, moving)) {
      for (Counting counter : COUNTERS) {
        counterClients.add(new CounterClient(counter, seat, ++number, seed));
      }
      bankClients.add(new BankClient(ACCOUNTS, seat, ++number, seed));
    }
    clients().forEach(Client::start);
    allGoOn();
  }

  /// A node dies and comes back, and something else may happen meanwhile.
  private void disturb(int kill) {
    ProcessCluster.Node victim = victim();
    ProcessCluster.Node other =
        cluster.nodes().stream()
            .filter(node -> node != victim)
            .skip(random.nextInt(2))
            .findFirst()
            .orElseThrow();
    boolean forgets = random.nextBoolean();
    pause(random.nextInt(200));
    if (random.nextInt(3) == 0) {
      standStill(other, 200 + random.nextInt(1_000));
    }
    if (random.nextInt(3) == 0) {
      enter("connecting a driver again");
      moving.reconnect();
    }
    List<Long> retired = cluster.nodes().stream().map(node -> logged(node, RETIRED)).toList();
    long entered = logged(victim, ENTERED);

    enter(
        "kill %d of %d, of %s%s"
            .formatted(kill, kills, victim.id(), forgets ? " with its folder" : ""));
    victim.kill();
    if (forgets) {
      victim.deleteState();
    }
    if (random.nextInt(3) == 0) {
      standStill(other, 200 + random.nextInt(1_000));
    }
    victim.start();
    enter("waiting for " + victim.id() + " and the others");
    isWithin("its store is whole", () -> logged(victim, ENTERED) > entered);
    if (forgets) {
      isWithin(
          "the others are whole without what it was",
          () ->
              IntStream.range(0, 3)
                  .anyMatch(i -> logged(cluster.node(i), RETIRED) > retired.get(i)));
    }
    seesAll(steady);
    seesAll(moving);
    allGoOn();
  }

  /// Mostly one that has a counter.
  private ProcessCluster.Node victim() {
    Optional<NodeId> home = counterClients.get(random.nextInt(counterClients.size())).home();
    int any = random.nextInt(9);
    return cluster.nodes().stream()
        .filter(node -> any >= 3 && home.filter(node.id()::equals).isPresent())
        .findFirst()
        .orElse(cluster.node(any % 3));
  }

  private void standStill(ProcessCluster.Node node, int millis) {
    enter("%s stands still for %d ms".formatted(node.id(), millis));
    node.suspend();
    try {
      pause(millis);
    } finally {
      node.resume();
    }
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
  }

  private static long logged(ProcessCluster.Node node, String what) {
    try (Stream<String> lines = Files.lines(node.log())) {
      return lines.filter(line -> line.contains(what)).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void seesAll(Seat seat) {
    isWithin("the driver sees three nodes", () -> seat.manta().nodes().size() == 3);
  }

  /// Each client has had new answers.
  private void allGoOn() {
    Map<Client, Long> before = new LinkedHashMap<>();
    clients().forEach(client -> before.put(client, client.steps()));
    isWithin(
        "each client has answers",
        () -> {
          checkClients();
          return before.entrySet().stream()
              .allMatch(entry -> entry.getKey().steps() > entry.getValue() + 1);
        });
  }

  private void isWithin(String what, Eventually.Condition condition) {
    Eventually.isTrue(what, LIMIT, steady.manta(), condition);
  }

  private void checkClients() {
    clients()
        .forEach(
            client ->
                client
                    .broken()
                    .ifPresent(
                        failure -> {
                          throw new AssertionError(client.doing() + ": " + failure, failure);
                        }));
  }

  private void check() {
    enter("checking");
    var violations = new ArrayList<String>();
    for (Counting counter : COUNTERS) {
      var calls =
          counterClients.stream()
              .filter(client -> client.counter().equals(counter))
              .flatMap(client -> client.history().stream())
              .toList();
      var lines = Witness.read(witness, counter.name());
      events.add("%s: %d calls, %d ran".formatted(counter.name(), calls.size(), lines.size()));
      violations.addAll(new Counted(counter, lines, calls).violations());
    }
    Map<String, Book> books = books();
    events.add(
        "%d entries in the books"
            .formatted(books.values().stream().mapToInt(book -> book.entries().size()).sum()));
    violations.addAll(new Bank(books, bankClients).violations());
    assertThat(violations).isEmpty();

    enter("reading the books anew");
    for (String account : ACCOUNTS) {
      ActorHandle<Account> handle = Bank.open(steady.manta(), account);
      handle.kill();
      handle.whenDead().toCompletableFuture().orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
    }
    assertThat(books()).isEqualTo(books);
  }

  private Map<String, Book> books() {
    var books = new LinkedHashMap<String, Book>();
    for (String account : ACCOUNTS) {
      books.put(account, Bank.open(steady.manta(), account).call(Account::book).get(LIMIT));
    }
    return books;
  }

  /// What happened so far, for people.
  String report() {
    var text = new StringBuilder();
    clients().forEach(client -> text.append(client.doing()).append('\n'));
    return text.append(String.join("\n", events)).toString();
  }

  private String state() {
    var text = new StringBuilder(report());
    for (ProcessCluster.Node node : cluster.nodes()) {
      text.append("\n--- ").append(node.address()).append('\n').append(node.tail());
    }
    return text.toString();
  }

  @Override
  public void close() {
    clients().forEach(Client::stop);
    moving.close();
    steady.close();
  }
}
