package io.manta.actors.internal.durable;

import io.manta.core.NodeId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which stores there are, which of them have to be heard before anything can be believed, and how
/// a store comes to hold what the others do. Used by one thread.
///
/// A store is *required* from when the others have let it in until it is retired. Each change that
/// was acknowledged is held by as many required stores as there are to be copies, or by all where
/// they are fewer; so who hears all required stores but one less than that misses none. Three steps
/// keep it so:
///
/// - **Entering.** A store takes over what each living and each required store holds, then asks
///   them to admit it. What it keeps counts as a copy once all have. Two that enter at once meet,
///   since each store that admits the second tells it of the first.
/// - **Death.** A dead store stays required. What it sends later is dropped.
/// - **Retiring.** Each living store takes over what the others hold after they, too, dropped the
///   dead ones, and then says so. When all have said the same, what the dead held is held by all
///   the others, and the dead are required no more. A store that comes back later enters anew.
final class Circle {
  private static final Logger LOG = LoggerFactory.getLogger(Circle.class);
  private static final int LINES = 1_000;
  private static final int KEYS = 50;

  private final Disk disk;
  private final Outbox out;
  private final String address;
  private final int copies;
  private final Life self;
  private final Map<Long, Member> members = new TreeMap<>();
  private final Map<NodeId, Peer> peers = new LinkedHashMap<>();
  private final Set<NodeId> gone = new HashSet<>();
  private final Set<Life> deadLives = new HashSet<>();
  private boolean diedUnheard;
  private boolean full;
  private Set<Life> synced = Set.of();
  private StoreMessage.@Nullable Status said;
  private long numbers;

  Circle(Disk disk, Outbox out, String address, int copies) {
    this.disk = disk;
    this.out = out;
    this.address = address;
    this.copies = copies;
    this.self = disk.life();
    disk.members().forEach(member -> members.put(member.store(), member));
    know(new Member(self.store(), self.run(), 0, 0, address));
  }

  private boolean know(Member member) {
    Member before = members.get(member.store());
    Member merged = before == null ? member : before.merge(member);
    if (merged.equals(before)) {
      return false;
    }
    members.put(member.store(), merged);
    disk.saveMembers(members.values());
    return true;
  }

  // What others ask

  Life self() {
    return self;
  }

  /// Whether all stores have let this one in.
  boolean isFull() {
    return full;
  }

  /// Living nodes whose stores are known.
  List<Peer> greeted() {
    return peers.values().stream().filter(peer -> peer.status != null).toList();
  }

  @Nullable Peer greeted(NodeId node) {
    Peer peer = peers.get(node);
    return peer == null || peer.status == null ? null : peer;
  }

  private @Nullable Peer holding(long store) {
    for (Peer peer : peers.values()) {
      if (peer.status != null && peer.status.life().store() == store) {
        return peer;
      }
    }
    return null;
  }

  private Stream<Member> requiredOthers() {
    return members.values().stream()
        .filter(member -> member.required() && member.store() != self.store());
  }

  /// The required stores that are dead.
  Set<Life> dead() {
    var dead = new HashSet<Life>();
    requiredOthers()
        .filter(m -> deadLives.contains(m.life()) && holding(m.store()) == null)
        .forEach(member -> dead.add(member.life()));
    return dead;
  }

  /// The other required stores that are not dead.
  List<Member> needed() {
    return requiredOthers()
        .filter(m -> !deadLives.contains(m.life()) || holding(m.store()) != null)
        .toList();
  }

  /// Those of them that were not heard.
  List<Member> missing() {
    return needed().stream().filter(member -> holding(member.store()) == null).toList();
  }

  int required() {
    return (int) members.values().stream().filter(Member::required).count();
  }

  /// How many stores have to keep a change.
  int copies() {
    return Math.min(copies, Math.max(1, required()));
  }

  /// How many required stores may be dead without anything being lost.
  int tolerated() {
    return copies == 1 ? Integer.MAX_VALUE : copies() - 1;
  }

  /// Whether what the store of a peer keeps counts as a copy.
  boolean counts(Peer peer) {
    StoreMessage.Status status = peer.status;
    Member member = status == null ? null : members.get(status.life().store());
    return status != null
        && member != null
        && status.full()
        && member.required()
        && peers.get(peer.node) == peer;
  }

  /// Whether sessions can be opened now: as far as this store knows, enough others are there.
  boolean isReady() {
    int dead = dead().size();
    return full && missing().isEmpty() && dead <= tolerated() && required() - dead >= aim();
  }

  /// How many stores are to keep a change, once those of all living nodes are in.
  private int aim() {
    return Math.max(copies(), Math.min(copies, 1 + peers.size()));
  }

  /// Why no session can be opened now.
  String hindrance() {
    List<Member> missing = missing();
    Set<Life> dead = dead();
    if (!missing.isEmpty()) {
      return "these stores were not heard yet, and may hold what no other does: "
          + texts(missing)
          + "; start their nodes with the folders they had";
    }
    if (dead.size() > tolerated()) {
      return "%d stores are dead at once, and may hold what no other does: %s; start their nodes again with the folders they had"
          .formatted(dead.size(), texts(members(dead)));
    }
    if (!full) {
      List<NodeId> silent =
          peers.values().stream()
              .filter(peer -> peer.status == null)
              .map(peer -> peer.node)
              .toList();
      return !silent.isEmpty()
          ? silent + " have not said yet what they keep"
          : mayMissAll()
              ? "a node died before it said what it keeps; start it again"
              : "this node still takes over what the others keep";
    }
    return isReady() ? "the others were too slow" : tooFew();
  }

  /// Why a change can't be kept as often as it is to be.
  private String tooFew() {
    Set<Life> dead = dead();
    return "%d of the %d copies are to be had%s; start another node (with durable-copies = 1 a node goes on alone, and what only the dead ones kept is lost)"
        .formatted(
            required() - dead.size(),
            aim(),
            dead.isEmpty() ? "" : ", since these are dead: " + texts(members(dead)));
  }

  private List<Member> members(Collection<Life> lives) {
    var found = new ArrayList<Member>();
    for (Life life : lives) {
      Member member = members.get(life.store());
      if (member != null) {
        found.add(member);
      }
    }
    return found;
  }

  private static String texts(List<Member> some) {
    return String.join(", ", some.stream().map(Member::text).toList());
  }

  // Nodes

  void up(NodeId node) {
    if (!gone.contains(node) && !peers.containsKey(node)) {
      peers.put(node, new Peer(node));
      out.send(node, status());
    }
  }

  void down(NodeId node) {
    gone.add(node);
    Peer peer = peers.remove(node);
    if (peer != null) {
      if (peer.status == null) {
        diedUnheard = true;
      } else {
        deadLives.add(peer.status.life());
      }
    }
  }

  /// With one copy what is not there is given up.
  void giveUpMissing() {
    if (copies == 1) {
      List<Member> missing = missing();
      if (!missing.isEmpty()) {
        LOG.warn("durable state goes on without {}: durable-copies is 1", texts(missing));
        missing.forEach(member -> deadLives.add(member.life()));
      }
    }
  }

  private StoreMessage.Status status() {
    return new StoreMessage.Status(
        self, address, full, List.copyOf(members.values()), dead(), synced);
  }

  // Messages

  void receive(NodeId from, StoreMessage.Status status) {
    Life life = status.life();
    if (gone.contains(from) || deadLives.contains(life)) {
      return;
    }
    Peer other = holding(life.store());
    if (life.store() == self.store() || (other != null && !other.node.equals(from))) {
      long known = other == null ? self.run() : statusOf(other).life().run();
      if (life.run() <= known || other == null) {
        LOG.error(
            "{} has the durable store of another node, {}: its folder was copied; it is not heard",
            from,
            Long.toString(life.store(), 36));
        return;
      }
      deadLives.add(statusOf(other).life());
      peers.remove(other.node);
      gone.add(other.node);
    }
    up(from);
    Peer peer = peers.get(from);
    if (peer == null) {
      return;
    }
    peer.status = status;
    status.members().forEach(this::know);
    know(new Member(life.store(), life.run(), 0, 0, status.address()));
    for (Life dead : status.dead()) {
      Peer lives = holding(dead.store());
      if (lives == null && dead.store() != self.store()) {
        deadLives.add(dead);
      }
    }
  }

  private static StoreMessage.Status statusOf(Peer peer) {
    return Objects.requireNonNull(peer.status);
  }

  void receive(Peer from, StoreMessage.Pull pull) {
    var lines = new ArrayList<StoreMessage.Line>();
    Set<Life> dead = dead();
    disk.forEach(
        (key, head) -> {
          lines.add(new StoreMessage.Line(key, head.promised(), head.version()));
          if (lines.size() == LINES) {
            out.send(
                from.node, new StoreMessage.Digest(pull.number(), List.copyOf(lines), false, dead));
            lines.clear();
          }
        });
    out.send(from.node, new StoreMessage.Digest(pull.number(), List.copyOf(lines), true, dead));
  }

  void receive(Peer from, StoreMessage.Digest digest) {
    Peer.Pulling pulling = from.pulling;
    if (pulling == null || pulling.number != digest.number()) {
      return;
    }
    for (StoreMessage.Line line : digest.lines()) {
      Head own = disk.head(line.key());
      if (line.promised().isAfter(own.promised())) {
        disk.promise(line.key(), line.promised());
      }
      if (line.version().isAfter(own.version())) {
        pulling.wanted.add(line.key());
      }
    }
    if (digest.last()) {
      pulling.dead = digest.dead();
      fetch(from, pulling);
    }
  }

  private void fetch(Peer from, Peer.Pulling pulling) {
    Set<Life> dead = pulling.dead;
    if (dead == null || pulling.fetching > 0) {
      return;
    }
    if (pulling.wanted.isEmpty()) {
      from.pulled = dead;
      from.pulling = null;
      return;
    }
    var keys = new ArrayList<String>();
    while (keys.size() < KEYS && !pulling.wanted.isEmpty()) {
      keys.add(pulling.wanted.remove());
    }
    pulling.fetching = keys.size();
    out.send(from.node, new StoreMessage.Fetch(pulling.number, keys));
  }

  void receive(Peer from, StoreMessage.Fetch fetch) {
    for (String key : fetch.keys()) {
      out.send(
          from.node,
          new StoreMessage.Fetched(
              fetch.number(), key, disk.head(key).version(), disk.content(key)));
    }
  }

  void receive(Peer from, StoreMessage.Fetched fetched) {
    if (fetched.version().isAfter(disk.head(fetched.key()).version())) {
      disk.replace(fetched.key(), fetched.version(), fetched.content());
    }
    Peer.Pulling pulling = from.pulling;
    if (pulling != null && pulling.number == fetched.number()) {
      pulling.fetching--;
      fetch(from, pulling);
    }
  }

  void receive(Peer from, StoreMessage.Admit admit) {
    from.wantsIn = admit.life();
  }

  /// Whether a node that may have kept something died before it said so, and nobody else has.
  private boolean mayMissAll() {
    return diedUnheard && required() == 0;
  }

  private void admit() {
    for (Peer peer : greeted()) {
      Life life = peer.wantsIn;
      Member member = life == null ? null : members.get(life.store());
      if (life != null && member != null && !mayMissAll()) {
        peer.wantsIn = null;
        know(member.admit(life.run()));
        said = status();
        broadcast(said); // what this one knows comes before the answer
        out.send(peer.node, new StoreMessage.Admitted(life));
      }
    }
  }

  void receive(Peer from, StoreMessage.Admitted admitted) {
    if (admitted.life().equals(self)) {
      from.admittedUs = true;
    }
  }

  // Steps

  /// Does what can be done by now.
  void step() {
    pull();
    admit();
    enter();
    synced = agreed();
    retire();
    StoreMessage.Status now = status();
    if (!now.equals(said)) {
      said = now;
      broadcast(now);
    }
  }

  private void broadcast(StoreMessage.Status status) {
    peers.keySet().forEach(node -> out.send(node, status));
  }

  private void pull() {
    Set<Life> dead = dead();
    for (Peer peer : greeted()) {
      boolean first = peer.pulled == null;
      boolean again =
          peer.pulled != null
              && !peer.pulled.containsAll(dead)
              && statusOf(peer).dead().containsAll(dead);
      if (peer.pulling == null && (first || again)) {
        peer.pulling = new Peer.Pulling(++numbers);
        out.send(peer.node, new StoreMessage.Pull(numbers));
      }
    }
  }

  private void enter() {
    if (full
        || peers.values().stream().anyMatch(peer -> peer.pulled == null)
        || !missing().isEmpty()
        || dead().size() > tolerated()
        || mayMissAll()) {
      return;
    }
    for (Peer peer : peers.values()) {
      if (!peer.askedToAdmit) {
        peer.askedToAdmit = true;
        out.send(peer.node, new StoreMessage.Admit(self));
      }
    }
    if (peers.values().stream().allMatch(peer -> peer.admittedUs)) {
      full = true;
      know(new Member(self.store(), self.run(), self.run(), 0, address));
      if (required() > 1) {
        LOG.info("durable state is kept here, too: {} stores have it", required());
      }
    }
  }

  /// The dead stores, once this one has all that any other has, and had after it dropped them.
  private Set<Life> agreed() {
    Set<Life> dead = dead();
    boolean has =
        full
            && dead.size() <= tolerated()
            && needed().stream()
                .allMatch(
                    member -> {
                      Peer peer = holding(member.store());
                      return peer != null && peer.pulled != null && peer.pulled.containsAll(dead);
                    });
    return has ? dead : Set.of();
  }

  private void retire() {
    Set<Life> dead = dead();
    if (dead.isEmpty() || !synced.equals(dead) || required() - dead.size() < copies()) {
      return;
    }
    for (Member member : needed()) {
      Peer peer = holding(member.store());
      if (peer == null || !statusOf(peer).synced().equals(dead)) {
        return;
      }
    }
    LOG.info("durable state is whole without {}", texts(members(dead)));
    for (Member member : members(dead)) {
      know(member.retire());
    }
    synced = Set.of();
  }
}
