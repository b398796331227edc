package io.manta.testkit.chaos;

import io.manta.actors.ActorHandle;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.testkit.Eventually;
import io.manta.testkit.ProcessCluster;
import io.manta.testkit.chaos.Account.Book;
import io.manta.testkit.chaos.Violation.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Clients that call counters, move money and submit tasks while faults befall the cluster; then
/// what they saw is checked.
final class Story implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /// For nodes that have yet to find out that they were removed, and to start again.
  private static final Duration RECOVERY = Duration.ofSeconds(90);

  static final int LEAST_FAULTS = 1;

  /// What a node's store logs when it is whole again, and what others do without it.
  private static final String ENTERED = "durable state is kept here, too";

  private static final String RETIRED = "durable state is whole without";

  private static final List<Counting> COUNTERS =
      List.of(
          new Counting("owned-at-most-once", 0, false),
          new Counting("owned-at-least-once", 10_000, false),
          new Counting("detached-at-most-once", 0, true),
          new Counting("detached-at-least-once", 10_000, true));

  private static final List<String> ACCOUNTS = accounts("account-");

  /// Those that several actors take over from each other.
  private static final List<String> CONTESTED = accounts("contested-");

  private final Chaos.Plan plan;
  private final Path witness;
  private final ProcessCluster cluster;
  private final Consumer<String> timeline;
  private final Seat steady;
  private final Seat moving;
  private final Random random;
  private final Faults faults;
  private final List<CounterClient> counterClients = new ArrayList<>();
  private final List<BankClient> bankClients = new ArrayList<>();
  private final List<TaskClient> taskClients = new ArrayList<>();
  private final long began = System.nanoTime();
  private volatile String phase = "starting";

  private static List<String> accounts(String prefix) {
    return IntStream.range(0, 3).mapToObj(i -> prefix + i).toList();
  }

  /// @param cluster whose nodes write what runs to `witness`
  /// @param steady the driver that stays
  /// @param moving the driver that comes and goes
  /// @param timeline told of what happens
  Story(
      Chaos.Plan plan,
      Path witness,
      ProcessCluster cluster,
      Seat steady,
      Seat moving,
      Consumer<String> timeline) {
    this.plan = plan;
    this.random = new Random(plan.seed());
    this.witness = witness;
    this.cluster = cluster;
    this.timeline = timeline;
    this.steady = steady;
    this.moving = moving;
    this.faults =
        new Faults(
            cluster,
            Faults.order(plan.seed()),
            random,
            () -> counterClients.get(random.nextInt(counterClients.size())).home(),
            () -> cluster.placeOf(moving.manta()),
            this::enter);
  }

  /// @throws AssertionError naming seed, phase and state
  void run() throws InterruptedException {
    try {
      begin();
      long end = System.nanoTime() + plan.length().toNanos();
      int least = plan.without().isEmpty() ? LEAST_FAULTS : 0;
      for (int round = 1; round <= least || System.nanoTime() < end; round++) {
        disturb(round);
      }
      allGoOn();
      enter("stopping the clients");
      clients().forEach(Client::stop);
      for (Client client : clients().toList()) {
        if (!client.hasEnded(LIMIT.plus(Client.LIMIT))) {
          throw new Violation(Kind.HANG, client.doing() + " hangs", null);
        }
      }
      checkClients();
      check();
    } catch (Violation e) {
      throw new Violation(e.kind(), told(e), e);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(told(e), e);
    }
  }

  private String told(Throwable failure) {
    return "seed %d, after %.1f s, while %s: %s%n%s"
        .formatted(plan.seed(), seconds(), phase, failure.getMessage(), state());
  }

  private Stream<Client> clients() {
    return Stream.of(counterClients, bankClients, taskClients).flatMap(Collection::stream);
  }

  private double seconds() {
    return (System.nanoTime() - began) / 1e9;
  }

  private void enter(String next) {
    phase = next;
    say(next);
  }

  private void say(String what) {
    timeline.accept("%6.1f s  %s".formatted(seconds(), what));
  }

  private void begin() {
    allKnow();
    for (Counting counter : COUNTERS) {
      counter.handle(counter.detached() ? moving.manta() : steady.manta());
    }
    int number = 0;
    for (Seat seat : List.of(steady, moving)) {
      for (Counting counter : COUNTERS) {
        counterClients.add(new CounterClient(counter, seat, ++number, plan.seed()));
      }
      bankClients.add(new BankClient(ACCOUNTS, false, seat, ++number, plan.seed()));
      bankClients.add(new BankClient(CONTESTED, true, seat, ++number, plan.seed()));
      taskClients.add(new TaskClient(seat, ++number, plan.seed()));
    }
    bankClients.add(new RivalClient(CONTESTED, steady, ++number, plan.seed()));
    enter("%d clients begin".formatted(clients().count()));
    clients().forEach(Client::start);
    allGoOn();
  }

  /// A fault, and all is well again.
  private void disturb(int round) {
    recover(); // a node may have found out late that it was removed
    Faults.pause(random.nextInt(300));
    if (random.nextInt(4) == 0) {
      enter("connecting a driver again");
      moving.reconnect();
    }
    Map<ProcessCluster.Node, Long> entered = logged(ENTERED);
    Map<ProcessCluster.Node, Long> retired = logged(RETIRED);
    Fault fault = faults.strike();
    enter("recovering from fault " + round);
    Set<ProcessCluster.Node> started = recover();
    if (fault == Fault.FORGET && started.size() == 1) {
      isWithin(
          "the others are whole without what it was",
          RECOVERY,
          () -> cluster.nodes().stream().anyMatch(node -> grew(node, RETIRED, retired)));
    }
    for (ProcessCluster.Node node : started) {
      isWithin(
          "the store of " + node.id() + " is whole", RECOVERY, () -> grew(node, ENTERED, entered));
    }
    allGoOn();
    checkNames();
  }

  /// Starts nodes again that ended, now or a while later by themselves, until all are there.
  private Set<ProcessCluster.Node> recover() {
    Set<ProcessCluster.Node> started = new HashSet<>();
    isWithin(
        "all nodes are there again",
        RECOVERY,
        () -> {
          for (ProcessCluster.Node node : cluster.nodes()) {
            if (!node.isRunning()) {
              startAgain(node);
              started.add(node);
            }
          }
          return allKnown();
        });
    return started;
  }

  private void startAgain(ProcessCluster.Node node) {
    NodeId before = node.id();
    String why = lastError(node).map(": "::concat).orElse("");
    node.start();
    say("%s ended%s; %s is there instead".formatted(before, why, node.id()));
  }

  private static Optional<String> lastError(ProcessCluster.Node node) {
    return lines(node).filter(line -> line.contains(" ERROR ")).reduce((one, next) -> next);
  }

  private Map<ProcessCluster.Node, Long> logged(String what) {
    var counts = new HashMap<ProcessCluster.Node, Long>();
    cluster.nodes().forEach(node -> counts.put(node, logged(node, what)));
    return counts;
  }

  private static boolean grew(
      ProcessCluster.Node node, String what, Map<ProcessCluster.Node, Long> before) {
    return logged(node, what) > before.getOrDefault(node, 0L);
  }

  private static long logged(ProcessCluster.Node node, String what) {
    return lines(node).filter(line -> line.contains(what)).count();
  }

  private static Stream<String> lines(ProcessCluster.Node node) {
    try {
      return Files.readAllLines(node.log()).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void allKnow() {
    isWithin("the drivers see all nodes", RECOVERY, this::allKnown);
  }

  /// Whether both drivers see the nodes that run, and no others.
  private boolean allKnown() {
    Set<NodeId> nodes =
        cluster.nodes().stream().map(ProcessCluster.Node::id).collect(Collectors.toSet());
    return Stream.of(steady, moving)
        .allMatch(
            seat ->
                seat.manta().nodes().stream()
                    .map(NodeInfo::id)
                    .collect(Collectors.toSet())
                    .equals(nodes));
  }

  /// Each client has had new answers.
  private void allGoOn() {
    Map<Client, Long> before = new LinkedHashMap<>();
    clients().forEach(client -> before.put(client, client.answers()));
    isKept(
        Kind.HANG,
        "each client has answers",
        () -> {
          checkClients();
          return before.entrySet().stream()
              .allMatch(entry -> entry.getKey().answers() > entry.getValue() + 1);
        });
  }

  private void checkNames() {
    for (Counting counter : COUNTERS) {
      isKept(
          Kind.HANG, "the name '" + counter.name() + "' is found", () -> isFound(counter.name()));
    }
  }

  private boolean isFound(String name) {
    try {
      return steady.manta().find(name, Tally.class).isPresent();
    } catch (ClusterUnavailableException e) {
      return false; // who keeps it was not there within 10 s
    }
  }

  private void isWithin(String what, Duration limit, Eventually.Condition condition) {
    Eventually.isTrue(what, limit, steady.manta(), condition);
  }

  /// As [#isWithin], where it is a violation when it is not.
  private void isKept(Kind kind, String what, Eventually.Condition condition) {
    try {
      isWithin(what, LIMIT, condition);
    } catch (Violation e) {
      throw e;
    } catch (AssertionError e) {
      throw new Violation(kind, String.valueOf(e.getMessage()), e);
    }
  }

  private void checkClients() {
    clients()
        .forEach(
            client ->
                client
                    .broken()
                    .ifPresent(
                        failure -> {
                          throw broken(client, failure);
                        }));
  }

  private static AssertionError broken(Client client, Throwable failure) {
    String message = client.doing() + ": " + failure.getMessage();
    return failure instanceof Violation violation
        ? new Violation(violation.kind(), message, violation)
        : new AssertionError(client.doing() + ": " + failure, failure);
  }

  private void check() {
    enter("checking the counters");
    for (Counting counter : COUNTERS) {
      var calls =
          counterClients.stream()
              .filter(client -> client.counter().equals(counter))
              .flatMap(client -> client.history().stream())
              .toList();
      var lines = Witness.read(witness, counter.name());
      say("%s: %d calls, %d ran".formatted(counter.name(), calls.size(), lines.size()));
      none(Kind.COUNTERS, new Counted(counter, lines, calls).violations());
    }

    enter("checking the tasks");
    var tasks = taskClients.stream().flatMap(client -> client.history().stream()).toList();
    var runs = TaskLog.read(witness);
    say("%d tasks, %d attempts".formatted(tasks.size(), runs.size()));
    none(Kind.TASKS, new Summed(runs, tasks).violations());

    enter("checking the accounts");
    Map<String, Book> books = books();
    say("%d entries".formatted(books.values().stream().mapToInt(b -> b.entries().size()).sum()));
    for (List<String> accounts : List.of(ACCOUNTS, CONTESTED)) {
      Map<String, Book> own = new LinkedHashMap<>(books);
      own.keySet().retainAll(accounts);
      none(
          Kind.ACCOUNTS,
          new Bank(own, bankClients.stream().filter(client -> client.isOn(accounts)).toList())
              .violations());
    }

    enter("reading the accounts again");
    if (!books().equals(books)) {
      throw new Violation(Kind.ACCOUNTS, "the books are not what they were", null);
    }

    enter("checking that all resources are free");
    isKept(
        Kind.RESOURCES,
        "all resources are free",
        () -> steady.manta().availableResources().equals(steady.manta().clusterResources()));
  }

  private static void none(Kind kind, List<String> violations) {
    if (!violations.isEmpty()) {
      int more = Math.max(0, violations.size() - 5);
      throw new Violation(
          kind,
          violations.stream().limit(5).collect(Collectors.joining("\n  ", "violated:\n  ", ""))
              + (more > 0 ? "\n  and " + more + " more" : ""),
          null);
    }
  }

  /// As an actor finds them that takes their state over.
  private Map<String, Book> books() {
    var books = new LinkedHashMap<String, Book>();
    for (String account : Stream.concat(ACCOUNTS.stream(), CONTESTED.stream()).toList()) {
      ActorHandle<Account> reader = Bank.takeOver(steady.manta(), account);
      books.put(account, reader.call(Account::book).get(LIMIT));
      reader.kill();
    }
    return books;
  }

  /// What each client did, a line each.
  String report() {
    return clients().map(Client::doing).collect(Collectors.joining("\n"));
  }

  private String state() {
    var text = new StringBuilder(report());
    for (ProcessCluster.Node node : cluster.nodes()) {
      text.append("\n--- ").append(node.address()).append('\n').append(node.tail());
      lines(node)
          .filter(line -> line.startsWith(Account.STARTS))
          .forEach(line -> text.append('\n').append(line));
    }
    return text.toString();
  }

  @Override
  public void close() {
    clients().forEach(Client::stop);
    clients().forEach(Client::abandon);
  }
}
