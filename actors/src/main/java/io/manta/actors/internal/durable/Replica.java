package io.manta.actors.internal.durable;

import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.StateFencedException;
import io.manta.core.StateUnavailableException;
import io.manta.sharding.Safeguard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// One store of a cluster: what it answers the others, and the sessions that it opens. Makes
/// decisions only; time, messages and the disk are given to it. Used by one thread.
///
/// A session has an epoch. To open one, every store that is needed promises to take no writes of
/// earlier epochs and says what it holds; the latest of that is written under the new epoch to as
/// many stores as there are to be copies. As many must take each later write. The needed stores are
/// all required ones but fewer dead ones than copies (see [Circle]), so each open hears of every
/// acknowledged write, and meets every earlier session that still writes. This is the algorithm of
/// Paxos with a leader for each key (Lamport, "Paxos made simple", 2001), where the quorums of the
/// two phases differ in size (Howard, Malkhi, Spiegelman, "Flexible Paxos", 2016).
final class Replica {
  private static final long RETRY_NANOS = Duration.ofMillis(20).toNanos();

  /// For a session that opens to come to be, before the one before it takes its place.
  private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

  /// A write of a session that another one may have replaced.
  private record Doubt(
      String key, Version version, long until, Consumer<@Nullable MantaException> done) {}

  /// A session that was opened, or why it was not.
  record Opened(@Nullable Session session, Content content, @Nullable MantaException failure) {}

  /// The right to write to a key under an epoch.
  final class Session {
    private final String key;

    /// Its own, and those under which it tried to open anew.
    private final Set<Epoch> epochs = new HashSet<>();

    private Version version;
    private boolean over;

    private Session(String key, Version version) {
      this.key = key;
      this.version = version;
      epochs.add(version.epoch());
    }

    Epoch epoch() {
      return version.epoch();
    }

    /// Adds events, or replaces all by a content; one such at a time.
    ///
    /// @param done told of nothing when it is kept, else why not or why that is not known
    void write(boolean whole, Content content, long now, Consumer<@Nullable MantaException> done) {
      Head head = disk.head(key);
      boolean takenOver = over || !head.version().equals(version);
      if (takenOver && !Safeguard.FENCING.isOff()) {
        over = true;
        out.tell(() -> done.accept(fenced(key)));
        return;
      }
      if (!head.promised().equals(version.epoch()) && !Safeguard.FENCING.isOff()) {
        doubt(now, done);
        return;
      }
      Version from = version;
      version = version.next();
      if (whole) {
        disk.replace(key, version, content);
      } else {
        disk.add(key, version, content.events());
      }
      spread(
          key,
          from,
          version,
          whole,
          content,
          now + timeout,
          failure -> {
            over |= failure != null;
            out.tell(() -> done.accept(failure));
          },
          promised -> doubt(lastStep, done));
    }

    /// Another session may write from now on, if it comes to be: one whose node was cut off or died
    /// while it opened does not. It writes as it opens.
    private void doubt(long now, Consumer<@Nullable MantaException> done) {
      over = true;
      doubts.add(new Doubt(key, version, now + PATIENCE_NANOS, done));
    }
  }

  private final Disk disk;
  private final Outbox out;
  private final RandomGenerator random;
  private final long timeout;
  private final Circle circle;
  private final List<Opening> openings = new ArrayList<>();
  private final Map<Long, Spread> spreads = new HashMap<>();
  private final List<Doubt> doubts = new ArrayList<>();
  private final long giveUpAt;
  private boolean gaveUp;
  private long numbers;
  private long lastStep;

  /// @param copies how many stores keep each change
  Replica(
      Disk disk,
      Outbox out,
      String address,
      int copies,
      Duration timeout,
      long now,
      RandomGenerator random) {
    this.disk = disk;
    this.out = out;
    this.random = random;
    this.timeout = timeout.toNanos();
    this.circle = new Circle(disk, out, address, copies);
    this.giveUpAt = now + this.timeout;
  }

  private static StateFencedException fenced(String key) {
    return new StateFencedException(
        "the state of "
            + key
            + " was taken over by a later session; a change that was under way may have been kept");
  }

  Circle circle() {
    return circle;
  }

  void up(NodeId node) {
    circle.up(node);
  }

  void down(NodeId node) {
    circle.down(node);
  }

  /// Whether something waits for time to pass.
  boolean waits() {
    return !openings.isEmpty() || !spreads.isEmpty() || !doubts.isEmpty() || !circle.isFull();
  }

  /// Takes a key over from whoever has it.
  void open(String key, long now, Consumer<Opened> opened) {
    openings.add(new Opening(key, Optional.empty(), now + timeout, now, opened));
  }

  /// Opens a key anew, unless another session has taken it over.
  void reopen(Session session, long now, Consumer<Opened> opened) {
    session.over = true;
    openings.add(new Opening(session.key, Optional.of(session.epochs), now + timeout, now, opened));
  }

  // Messages

  void receive(NodeId from, StoreMessage message) {
    if (message instanceof StoreMessage.Status status) {
      circle.receive(from, status);
      return;
    }
    Peer peer = circle.greeted(from);
    if (peer == null) {
      return; // it is dead, or was not heard yet
    }
    switch (message) {
      case StoreMessage.Status ignored -> throw new AssertionError(ignored);
      case StoreMessage.Pull pull -> circle.receive(peer, pull);
      case StoreMessage.Digest digest -> circle.receive(peer, digest);
      case StoreMessage.Fetch fetch -> circle.receive(peer, fetch);
      case StoreMessage.Fetched fetched -> circle.receive(peer, fetched);
      case StoreMessage.Admit admit -> circle.receive(peer, admit);
      case StoreMessage.Admitted admitted -> circle.receive(peer, admitted);
      case StoreMessage.Prepare prepare -> out.send(from, prepared(prepare));
      case StoreMessage.Promised promised -> promised(peer, promised);
      case StoreMessage.Refused refused -> refused(refused);
      case StoreMessage.Write write -> out.send(from, written(write));
      case StoreMessage.Written written -> {
        Spread spread = spreads.get(written.number());
        if (spread != null) {
          spread.holders.add(peer);
        }
      }
      case StoreMessage.Wanting wanting -> sendWhole(peer, wanting.number());
    }
  }

  private StoreMessage prepared(StoreMessage.Prepare prepare) {
    Head head = disk.head(prepare.key());
    if (head.promised().isAfter(prepare.epoch())) {
      return new StoreMessage.Refused(prepare.number(), head.promised());
    }
    disk.promise(prepare.key(), prepare.epoch());
    return new StoreMessage.Promised(
        prepare.number(),
        head.version(),
        head.version().isAfter(prepare.known())
            ? Optional.of(disk.content(prepare.key()))
            : Optional.empty());
  }

  private StoreMessage written(StoreMessage.Write write) {
    Head head = disk.head(write.key());
    if (head.promised().isAfter(write.to().epoch()) && !Safeguard.FENCING.isOff()) {
      return new StoreMessage.Refused(write.number(), head.promised());
    }
    if (!write.to().isAfter(head.version())) {
      return new StoreMessage.Written(write.number());
    }
    if (write.whole()) {
      disk.replace(write.key(), write.to(), write.content());
    } else if (write.from().equals(head.version())) {
      disk.add(write.key(), write.to(), write.content().events());
    } else {
      return new StoreMessage.Wanting(write.number());
    }
    return new StoreMessage.Written(write.number());
  }

  private void sendWhole(Peer to, long number) {
    Spread spread = spreads.get(number);
    if (spread != null && disk.head(spread.key).version().equals(spread.to)) {
      out.send(
          to.node,
          new StoreMessage.Write(
              number, spread.key, Version.NONE, spread.to, true, disk.content(spread.key)));
    }
  }

  private void refused(StoreMessage.Refused refused) {
    Spread spread = spreads.remove(refused.number());
    if (spread != null) {
      spread.refused.accept(refused.promised());
    }
    for (Opening opening : openings) {
      if (opening.phase == Opening.Phase.ASKING && opening.number == refused.number()) {
        opening.counter = Math.max(opening.counter, refused.promised().counter());
        tryAgain(opening, lastStep);
      }
    }
  }

  private void promised(Peer peer, StoreMessage.Promised promised) {
    for (Opening opening : openings) {
      if (opening.phase == Opening.Phase.ASKING && opening.number == promised.number()) {
        opening.promised.put(peer, promised.version());
        if (promised.version().isAfter(opening.best) && promised.content().isPresent()) {
          opening.best = promised.version();
          opening.content = promised.content().get();
        }
      }
    }
  }

  // Steps

  /// Does what can be done by now.
  void step(long now) {
    lastStep = now;
    if (!gaveUp && now >= giveUpAt) {
      gaveUp = true;
      circle.giveUpMissing();
    }
    circle.step();
    for (Opening opening : List.copyOf(openings)) {
      step(opening, now);
    }
    for (Spread spread : List.copyOf(spreads.values())) {
      step(spread, now);
    }
    doubts.removeIf(doubt -> isResolved(doubt, now));
  }

  private boolean isResolved(Doubt doubt, long now) {
    boolean takenOver = disk.head(doubt.key).version().epoch().isAfter(doubt.version.epoch());
    if (!takenOver && now < doubt.until) {
      return false;
    }
    MantaException why =
        takenOver
            ? fenced(doubt.key)
            : new StateUnavailableException(
                "whether a change of %s was kept is not known: another actor began to take its state over, and did not within %d ms"
                    .formatted(doubt.key, Duration.ofNanos(PATIENCE_NANOS).toMillis()),
                null);
    out.tell(() -> doubt.done.accept(why));
    return true;
  }

  private void tryAgain(Opening opening, long now) {
    opening.phase = Opening.Phase.WAITING;
    opening.tries++;
    // Longer each time: two that take a key over at once would refuse each other for ever.
    opening.notBefore = now + random.nextLong(1, RETRY_NANOS << Math.min(opening.tries, 7));
  }

  private void step(Opening opening, long now) {
    if (now >= opening.deadline && opening.phase != Opening.Phase.WRITING) {
      fail(
          opening,
          opening.tries > 0 && circle.isReady()
              ? "others take it over again and again"
              : circle.hindrance());
      return;
    }
    if (opening.phase == Opening.Phase.WAITING && now >= opening.notBefore && circle.isReady()) {
      ask(opening);
    }
    if (opening.phase == Opening.Phase.ASKING) {
      askMore(opening);
      if (circle.isReady() && allPromised(opening)) {
        write(opening, now);
      }
    }
  }

  private void fail(Opening opening, String why) {
    fail(
        opening,
        new StateUnavailableException(
            "the state of %s could not be taken over within %d ms (durable-timeout): %s"
                .formatted(opening.key, Duration.ofNanos(timeout).toMillis(), why),
            null));
  }

  private void fail(Opening opening, MantaException failure) {
    openings.remove(opening);
    out.tell(() -> opening.opened.accept(new Opened(null, Content.EMPTY, failure)));
  }

  private void ask(Opening opening) {
    Head head = disk.head(opening.key);
    opening.phase = Opening.Phase.ASKING;
    opening.number = ++numbers;
    opening.epoch =
        new Epoch(Math.max(opening.counter, head.promised().counter()) + 1, circle.self().store());
    opening.best = head.version();
    opening.content = disk.content(opening.key);
    opening.asked.clear();
    opening.promised.clear();
    disk.promise(opening.key, opening.epoch);
  }

  private void askMore(Opening opening) {
    for (Peer peer : circle.greeted()) {
      if (opening.asked.add(peer)) {
        out.send(
            peer.node,
            new StoreMessage.Prepare(
                opening.number, opening.key, opening.epoch, disk.head(opening.key).version()));
      }
    }
  }

  private boolean allPromised(Opening opening) {
    var stores =
        opening.promised.keySet().stream()
            .filter(peer -> circle.greeted(peer.node) == peer)
            .map(peer -> peer.status == null ? 0 : peer.status.life().store())
            .toList();
    return circle.needed().stream().allMatch(member -> stores.contains(member.store()));
  }

  private void write(Opening opening, long now) {
    Head head = disk.head(opening.key);
    if (!head.promised().equals(opening.epoch)) {
      opening.counter = Math.max(opening.counter, head.promised().counter());
      tryAgain(opening, now);
      return;
    }
    if (head.version().isAfter(opening.best)) {
      opening.content = disk.content(opening.key); // it came from another store meanwhile
      opening.best = head.version();
    }
    if (opening.isReplaced() && !Safeguard.FENCING.isOff()) {
      fail(opening, fenced(opening.key));
      return;
    }
    opening.former.ifPresent(epochs -> epochs.add(opening.epoch));
    var to = new Version(opening.epoch, opening.best.sequence() + 1);
    if (opening.best.equals(head.version())) {
      disk.add(opening.key, to, List.of());
    } else {
      disk.replace(opening.key, to, opening.content);
    }
    opening.phase = Opening.Phase.WRITING;
    spread(
        opening.key,
        opening.best,
        to,
        false,
        Content.EMPTY,
        opening.deadline,
        failure -> {
          if (failure != null) {
            fail(opening, String.valueOf(failure.getMessage()));
          } else {
            openings.remove(opening);
            var session = new Session(opening.key, to);
            out.tell(() -> opening.opened.accept(new Opened(session, opening.content, null)));
          }
        },
        promised -> {
          opening.counter = Math.max(opening.counter, promised.counter());
          tryAgain(opening, lastStep);
        });
  }

  private void spread(
      String key,
      Version from,
      Version to,
      boolean whole,
      Content content,
      long deadline,
      Consumer<@Nullable MantaException> done,
      Consumer<Epoch> refused) {
    var spread = new Spread(++numbers, key, to, deadline, done, refused);
    spreads.put(spread.number, spread);
    var message = new StoreMessage.Write(spread.number, key, from, to, whole, content);
    for (Peer peer : circle.greeted()) {
      spread.asked.add(peer);
      out.send(peer.node, message);
    }
    step(spread, lastStep);
  }

  private void step(Spread spread, long now) {
    for (Peer peer : circle.greeted()) {
      if (spread.asked.add(peer)) { // it came since
        sendWhole(peer, spread.number);
      }
    }
    long held = 1 + spread.holders.stream().filter(circle::counts).count();
    if (held >= circle.copies()) {
      spreads.remove(spread.number);
      spread.done.accept(null);
    } else if (now >= spread.deadline) {
      spreads.remove(spread.number);
      spread.done.accept(
          new StateUnavailableException(
              "whether a change of %s was kept is not known: %d of %d stores had it after %d ms (durable-timeout): %s"
                  .formatted(
                      spread.key,
                      held,
                      circle.copies(),
                      Duration.ofNanos(timeout).toMillis(),
                      circle.hindrance()),
              null));
    }
  }
}
