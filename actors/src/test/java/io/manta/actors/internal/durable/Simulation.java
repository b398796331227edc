package io.manta.actors.internal.durable;

import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.StateFencedException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Replicas on a network and a clock that a seed decides: links are reliable and in order each,
/// with any delays; nodes die, are cut off, and start again with their disks or with new ones.
/// Checks of each session that it found every acknowledged change of those before it, and of each
/// acknowledgement that no later session missed the change.
final class Simulation {
  private static final long MILLI = 1_000_000;
  private static final int TICK_MILLIS = 10;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private record Event(long at, long number, Runnable action) {}

  /// One process.
  private final class Node {
    final NodeId id = new NodeId(++nodeNumbers);
    final FakeDisk disk;
    final Replica replica;
    final Set<NodeId> told = new HashSet<>();
    private final List<Runnable> outbox = new ArrayList<>();
    boolean dead;
    boolean cutOff;
    private boolean ticks;

    Node(FakeDisk disk) {
      this.disk = disk.open();
      this.replica =
          new Replica(
              disk,
              new Outbox() {
                @Override
                public void send(NodeId to, StoreMessage message) {
                  outbox.add(() -> transmit(Node.this, to, message));
                }

                @Override
                public void tell(Runnable callback) {
                  outbox.add(callback);
                }
              },
              "host-" + id.value(),
              copies,
              TIMEOUT,
              now,
              random);
    }

    void perform(Runnable input) {
      if (!dead) {
        input.run();
        replica.step(now);
        disk.commit();
        List<Runnable> leaving = List.copyOf(outbox);
        outbox.clear();
        leaving.forEach(Runnable::run);
        if (replica.waits() && !ticks) {
          ticks = true;
          at(TICK_MILLIS * MILLI, this::tick);
        }
      }
    }

    private void tick() {
      ticks = false;
      perform(() -> {});
    }

    boolean lives() {
      return !dead && !cutOff;
    }
  }

  /// What was acknowledged and found of a key.
  private static final class Key {
    /// In order within a session.
    final TreeMap<Epoch, List<Integer>> acknowledged =
        new TreeMap<>(Comparator.<Epoch>naturalOrder());

    final Map<Epoch, Set<Integer>> found = new HashMap<>();

    /// Which writer had each session.
    final TreeMap<Epoch, Integer> writers = new TreeMap<>(Comparator.<Epoch>naturalOrder());
  }

  private final Random random;
  private final int copies;

  /// How long what takes long may take, in milliseconds.
  private final int pace;

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::number));
  private final Map<NodeId, Node> nodes = new HashMap<>();
  private final List<FakeDisk> idle = new ArrayList<>();
  private final Map<List<NodeId>, Long> lastOn = new HashMap<>();
  private final Map<List<NodeId>, Integer> slow = new HashMap<>();
  private final Map<String, Key> keys = new TreeMap<>();
  private final List<String> log = new ArrayList<>();
  private long now = 1;
  private long eventNumbers;
  private long nodeNumbers;
  private long storeNumbers;
  private int changes;
  private int opened;
  private int reopened;
  private int acknowledged;
  private @Nullable Node lastWriter;

  Simulation(long seed, int copies) {
    this.random = new Random(seed);
    this.copies = copies;
    this.pace = random.nextBoolean() ? 300 : 15;
  }

  private void at(long delay, Runnable action) {
    events.add(new Event(now + delay, ++eventNumbers, action));
  }

  private long millis(int most) {
    return random.nextLong(MILLI, most * MILLI + 2);
  }

  private void note(String text) {
    log.add(now / MILLI + " ms: " + text);
  }

  // Network

  private void transmit(Node from, NodeId to, StoreMessage message) {
    List<NodeId> link = List.of(from.id, to);
    int slowness = slow.computeIfAbsent(link, missing -> random.nextInt(5) == 0 ? 500 : 15);
    long delay = random.nextInt(40) == 0 ? millis(700) : millis(slowness);
    long when = Math.max(now + delay, lastOn.getOrDefault(link, 0L) + 1);
    lastOn.put(link, when);
    at(
        when - now,
        () -> {
          Node target = nodes.get(to);
          // What is under way when a process dies may arrive, or not from some point on.
          boolean lost = (from.dead && now > cut(link)) || from.cutOff;
          if (target != null && !target.cutOff && !lost) {
            target.perform(() -> target.replica.receive(from.id, message));
          }
        });
  }

  private final Map<List<NodeId>, Long> cuts = new HashMap<>();

  private long cut(List<NodeId> link) {
    return cuts.computeIfAbsent(link, missing -> now + millis(40) - 20 * MILLI);
  }

  // Nodes

  List<Node> living() {
    return nodes.values().stream()
        .filter(Node::lives)
        .sorted(Comparator.comparingLong(node -> node.id.value()))
        .toList();
  }

  private Node pick(List<Node> some) {
    return some.get(random.nextInt(some.size()));
  }

  private void start(FakeDisk disk) {
    List<Node> others = living();
    var node = new Node(disk);
    note("start " + name(node));
    nodes.put(node.id, node);
    node.perform(() -> others.forEach(other -> node.replica.up(other.id)));
    for (Node other : others) {
      at(millis(100), () -> other.perform(() -> other.replica.up(node.id)));
      node.told.add(other.id);
      other.told.add(node.id);
    }
  }

  private static String name(Node node) {
    return node.id + " with " + node.disk.life();
  }

  private void kill(Node node, boolean folder) {
    note("kill " + name(node) + (folder ? "" : ", its folder is deleted"));
    node.dead = true;
    if (folder) {
      idle.add(node.disk);
    }
    noticed(node);
  }

  private void noticed(Node node) {
    for (Node other : nodes.values()) {
      if (other != node && other.told.contains(node.id)) {
        at(millis(pace * 7), () -> other.perform(() -> other.replica.down(node.id)));
      }
    }
  }

  /// The others give it up, while it goes on for a while.
  private void cutOff(Node node) {
    note("cut off " + name(node));
    node.cutOff = true;
    noticed(node);
    for (NodeId other : Set.copyOf(node.told)) {
      if (random.nextBoolean()) {
        at(millis(2_000), () -> node.perform(() -> node.replica.down(other)));
      }
    }
    at(
        millis(4_000),
        () -> {
          if (!node.dead) {
            note("end " + name(node));
            node.dead = true;
            idle.add(node.disk);
          }
        });
  }

  /// A store that knows of no other may come only where one is that does: else nobody could tell
  /// that there was anything. (A node that is to join a cluster does not start without one.)
  private void startOne(boolean fresh) {
    FakeDisk disk =
        fresh || idle.isEmpty()
            ? new FakeDisk(++storeNumbers)
            : idle.get(random.nextInt(idle.size()));
    if (nodes.isEmpty()
        || !disk.isFresh()
        || living().stream().anyMatch(node -> !node.disk.isFresh())) {
      idle.remove(disk);
      start(disk);
    }
  }

  private boolean isWhole() {
    List<Node> living = living();
    return living.stream()
        .allMatch(
            node ->
                node.replica.circle().isFull()
                    && node.replica.circle().dead().isEmpty()
                    && node.replica.circle().missing().isEmpty()
                    && node.replica.circle().required() == living.size());
  }

  // Sessions

  private void open(Node node, String name) {
    Key key = keys.computeIfAbsent(name, missing -> new Key());
    node.perform(
        () ->
            node.replica.open(
                name,
                now,
                result -> {
                  Replica.Session session = result.session();
                  if (session == null) {
                    note("no " + name + " on " + node.id + ": " + result.failure());
                  } else {
                    opened++;
                    Epoch epoch = node.disk.head(name).version().epoch();
                    List<Integer> found = numbers(result.content());
                    note(epoch + " of " + name + " on " + node.id + " found " + found);
                    checkFound(name, key, session.epoch(), found);
                    key.writers.put(session.epoch(), opened);
                    change(node, name, key, session, new ArrayList<>(found), random.nextInt(12));
                  }
                }));
  }

  /// A writer whose change failed goes on, unless another one took its place.
  private void reopen(Node node, String name, Key key, Replica.Session before) {
    node.perform(
        () ->
            node.replica.reopen(
                before,
                now,
                result -> {
                  Replica.Session session = result.session();
                  if (session == null) {
                    note(name + " is not reopened on " + node.id + ": " + result.failure());
                    return;
                  }
                  List<Integer> found = numbers(result.content());
                  note(
                      "%s of %s on %s reopened as %s found %s"
                          .formatted(before.epoch(), name, node.id, session.epoch(), found));
                  checkFound(name, key, session.epoch(), found);
                  checkWriter(name, key, before.epoch(), session.epoch());
                  reopened++;
                  change(node, name, key, session, new ArrayList<>(found), random.nextInt(12));
                }));
  }

  private void checkWriter(String name, Key key, Epoch before, Epoch epoch) {
    int writer = Objects.requireNonNull(key.writers.get(before));
    key.writers.put(epoch, writer);
    Map<Epoch, Integer> since = key.writers.subMap(before, epoch);
    if (since.values().stream().anyMatch(other -> other != writer)) {
      throw new AssertionError(
          "%s of %s took the state back, which others had: %s%s"
              .formatted(epoch, name, since, trace()));
    }
  }

  private static byte[] bytes(List<Integer> numbers) {
    ByteBuffer out = ByteBuffer.allocate(4 * numbers.size());
    numbers.forEach(out::putInt);
    return out.array();
  }

  private static List<Integer> numbers(Content content) {
    return Stream.concat(content.snapshot().stream(), content.events().stream())
        .flatMap(
            bytes -> {
              ByteBuffer in = ByteBuffer.wrap(bytes);
              Integer[] numbers = new Integer[bytes.length / 4];
              Arrays.setAll(numbers, i -> in.getInt());
              return Arrays.stream(numbers);
            })
        .toList();
  }

  private void change(
      Node node, String name, Key key, Replica.Session session, List<Integer> state, int more) {
    if (more == 0) {
      return;
    }
    int number = ++changes;
    state.add(number);
    boolean whole = random.nextInt(4) == 0;
    Content content =
        whole
            ? new Content(Optional.of(bytes(state)), List.of())
            : new Content(Optional.empty(), List.of(bytes(List.of(number))));
    at(
        millis(pace),
        () ->
            node.perform(
                () ->
                    session.write(
                        whole,
                        content,
                        now,
                        failure -> {
                          if (answered(node, name, key, session, number, failure)) {
                            change(node, name, key, session, state, more - 1);
                          }
                        })));
  }

  private boolean answered(
      Node node,
      String name,
      Key key,
      Replica.Session session,
      int number,
      @Nullable MantaException failure) {
    if (failure != null) {
      note(number + " of " + name + " on " + node.id + " failed: " + failure);
      if (!(failure instanceof StateFencedException)) {
        at(millis(pace), () -> reopen(node, name, key, session));
      }
      return false;
    }
    acknowledged++;
    lastWriter = node;
    note(number + " of " + name + " on " + node.id + " kept");
    key.acknowledged.computeIfAbsent(session.epoch(), missing -> new ArrayList<>()).add(number);
    key.found.forEach(
        (later, found) -> {
          if (later.isAfter(session.epoch()) && !found.contains(number)) {
            throw new AssertionError(
                number + " of " + name + " was acknowledged, and is not in " + later + trace());
          }
        });
    return true;
  }

  private void checkFound(String name, Key key, Epoch epoch, List<Integer> found) {
    List<Integer> due = new ArrayList<>();
    key.acknowledged.headMap(epoch).values().forEach(due::addAll);
    List<Integer> there = found.stream().filter(due::contains).toList();
    if (!there.equals(due) || new HashSet<>(found).size() != found.size()) {
      throw new AssertionError(
          epoch + " of " + name + " found " + found + " where " + due + " are due" + trace());
    }
    key.found.put(epoch, Set.copyOf(found));
  }

  String trace() {
    return "\n" + String.join("\n", log);
  }

  // Stories

  private void runFor(long nanos) {
    long end = now + nanos;
    while (!events.isEmpty() && events.peek().at() <= end) {
      Event event = events.remove();
      now = event.at();
      event.action().run();
    }
    now = end;
  }

  private void await(String what, int seconds, Predicate<Simulation> condition) {
    for (int i = 0; i < seconds * 200; i++) {
      if (condition.test(this)) {
        return;
      }
      runFor(5 * MILLI);
    }
    throw new AssertionError(what + " within " + seconds + " s" + trace());
  }

  private void openSomewhere() {
    List<Node> able = nodes.values().stream().filter(node -> !node.dead).toList();
    if (!able.isEmpty()) {
      open(
          pick(able.stream().sorted(Comparator.comparingLong(node -> node.id.value())).toList()),
          "key" + random.nextInt(2));
    }
  }

  /// Anything at any time: nothing acknowledged may be missed, though sessions may not be had.
  void chaos(int steps) {
    int most = 2 + random.nextInt(4);
    startOne(true);
    runFor(millis(500));
    for (int i = 0; i < steps; i++) {
      List<Node> living = living();
      switch (random.nextInt(12)) {
        case 0 -> {
          if (!living.isEmpty()) {
            kill(victim(), random.nextInt(4) > 0);
          }
        }
        case 1 -> {
          if (living.size() > 2) {
            cutOff(pick(living));
          }
        }
        case 2, 3, 4, 5 -> {
          if (living.size() < most) {
            startOne(random.nextInt(4) == 0);
          }
        }
        default -> openSomewhere();
      }
      runFor(random.nextInt(4) == 0 ? millis(8_000) : millis(pace * 2));
    }
    runFor(30_000 * MILLI);
  }

  /// The one that has just acknowledged something, or any.
  private Node victim() {
    Node writer = lastWriter;
    return writer != null && writer.lives() && random.nextBoolean() ? writer : pick(living());
  }

  /// One death after the other, each after what the one before it left was mended, whatever becomes
  /// of the folders: sessions can always be had.
  void sequence(int deaths) {
    int most = copies + 2;
    for (int i = 0; i < most; i++) {
      startOne(true);
      runFor(millis(pace));
    }
    for (int i = 0; i < deaths; i++) {
      await("all are in", 30, Simulation::isWhole);
      int sessions = 1 + random.nextInt(3);
      for (int j = 0; j < sessions; j++) {
        openSomewhere();
        runFor(millis(pace * 3));
      }
      boolean folder = random.nextBoolean();
      kill(victim(), folder);
      if (random.nextBoolean()) {
        runFor(millis(3_000));
      }
      int before = opened;
      openSomewhere();
      await("a session in spite of a death", 15, s -> s.opened > before);
      while (living().size() <= copies || (living().size() < most && random.nextBoolean())) {
        startOne(random.nextBoolean());
        runFor(millis(pace));
      }
    }
    mustOpen();
  }

  /// All stop, and start again in some order.
  void coldStarts(int times) {
    int size = 1 + random.nextInt(4);
    for (int i = 0; i < size; i++) {
      startOne(true);
      runFor(millis(300));
    }
    for (int i = 0; i < times; i++) {
      await("all are in", 30, Simulation::isWhole);
      openSomewhere();
      runFor(millis(3_000));
      for (Node node : living()) {
        kill(node, true);
        runFor(random.nextBoolean() ? 0 : millis(2_500));
        if (random.nextInt(3) == 0) {
          openSomewhere();
        }
      }
      runFor(millis(500));
      while (!idle.isEmpty()) {
        startOne(false);
        openSomewhere();
        runFor(millis(3_000));
      }
    }
    mustOpen();
  }

  /// A node that is cut off tries in vain to take over what another one writes, ends, and comes
  /// back with its disk: the session that was there is not taken over by that, and another one on
  /// its node goes on.
  void vainTakeOver() {
    for (int i = 0; i < 3; i++) {
      startOne(true);
      runFor(millis(300));
    }
    await("all are in", 30, Simulation::isWhole);
    Node writer = living().get(0);
    Node lonely = living().get(2);
    var sessions = new ArrayList<Replica.Session>();
    writer.perform(
        () -> writer.replica.open("key0", now, result -> sessions.add(result.session())));
    await("a session", 15, s -> !sessions.isEmpty());
    lonely.cutOff = true;
    lonely.perform(() -> lonely.replica.open("key0", now, result -> {}));
    runFor(3_000 * MILLI);
    noticed(lonely);
    lonely.dead = true;
    runFor(5_000 * MILLI);
    start(lonely.disk);
    await("all are in again", 30, Simulation::isWhole);
    var failures = new ArrayList<Optional<MantaException>>();
    writer.perform(
        () ->
            sessions
                .get(0)
                .write(
                    false,
                    new Content(Optional.empty(), List.of(bytes(List.of(1)))),
                    now,
                    failure -> failures.add(Optional.ofNullable(failure))));
    await("an answer", 15, s -> !failures.isEmpty());
    failures
        .get(0)
        .filter(StateFencedException.class::isInstance)
        .ifPresent(
            failure -> {
              throw new AssertionError("nobody has taken it over: " + failure + trace(), failure);
            });
    var again = new ArrayList<Replica.Opened>();
    writer.perform(() -> writer.replica.reopen(sessions.get(0), now, again::add));
    await("the same session anew", 15, s -> !again.isEmpty());
    Replica.Opened anew = again.get(0);
    Replica.Session session = anew.session();
    if (session == null) {
      throw new AssertionError(anew.failure() + trace());
    }
    var state = new ArrayList<>(numbers(anew.content()));
    change(writer, "key0", keys.computeIfAbsent("key0", missing -> new Key()), session, state, 3);
    runFor(15_000 * MILLI);
  }

  /// A session is in doubt since another one has begun to take its key over, slowly; when that one
  /// has it, the former does not take it back.
  void slowTakeOver() {
    for (int i = 0; i < 3; i++) {
      startOne(true);
      runFor(millis(300));
    }
    await("all are in", 30, Simulation::isWhole);
    for (int i = 0; i < 12; i++) {
      open(pick(living()), "key0");
      runFor(millis(1_500));
      if (random.nextInt(3) == 0) {
        stall(pick(living()));
      }
    }
    runFor(30_000 * MILLI);
  }

  /// What it sends arrives later than others wait for a session that opens.
  private void stall(Node node) {
    note("stall " + node.id);
    for (Node other : living()) {
      lastOn.merge(List.of(node.id, other.id), now + millis(3_000), Math::max);
    }
  }

  private void mustOpen() {
    await("all are in at the end", 30, Simulation::isWhole);
    for (String key : List.of("key0", "key1")) {
      int before = opened;
      open(pick(living()), key);
      await("a session at the end", 15, s -> s.opened > before);
    }
    runFor(15_000 * MILLI);
  }

  /// How many writers went on after a change that failed.
  int reopened() {
    return reopened;
  }

  /// How much it did.
  int acknowledged() {
    return acknowledged;
  }
}
