package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorId;
import io.manta.core.NodeId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Actors that outlive the process that created them. What it takes to direct one is replicated to
/// every node; when the process that directs it is gone, the living node with the lowest id takes
/// over.
final class DetachedActors {
  private static final String SPACE = "kept.detached-actors";

  private final MantaRuntime runtime;
  private final Actors actors;

  private volatile Map<ActorId, Message.DetachedActor> known = Map.of();

  /// Those that have a name.
  private volatile Map<String, Message.DetachedActor> named = Map.of();

  /// What this node told of those that were over here, until it is known that it was heard.
  private final ConcurrentHashMap<ActorId, Over> over = new ConcurrentHashMap<>();

  private record Over(int incarnation, Message told) {}

  private final DetachedSpace records;

  DetachedActors(MantaRuntime runtime, Actors actors) {
    this.runtime = runtime;
    this.records = new DetachedSpace(runtime, SPACE, "detached actors");
    this.actors = actors;
  }

  /// @throws IllegalArgumentException when its constructor needs what its creator has
  static void check(Capture constructor, MantaRuntime runtime) {
    if (!constructor.refs().isEmpty()) {
      throw new IllegalArgumentException(
          "the constructor of a detached actor captured a ref, whose value ends with this process;"
              + " capture the value instead");
    }
    Payload encoded = constructor.encoded(runtime.currentCodec());
    if (encoded.large().isPresent()) {
      throw new IllegalArgumentException(
          "the constructor of a detached actor captured %d bytes, more than the 100 KiB that every node keeps of it; have it read them in onStart"
              .formatted(encoded.byteSize()));
    }
  }

  void begin() {
    records.begin(this::changedElsewhere);
  }

  void close() {
    records.close();
  }

  /// Who directs it, as far as is known; none for an actor that is not detached.
  Optional<NodeId> director(ActorId id) {
    return id.detached()
        ? Optional.ofNullable(known.get(id)).map(Message.DetachedActor::director)
        : Optional.empty();
  }

  boolean isUnknown(ActorId id) {
    return !known.containsKey(id);
  }

  /// Who has a name and nobody to say so, until another directs it.
  ///
  /// @param name with its namespace
  Optional<ActorId> awaited(String name) {
    return Optional.ofNullable(named.get(name))
        .filter(actor -> !runtime.cluster().isAlive(actor.director()))
        .map(actor -> actor.spec().actor());
  }

  /// It is to be there as long as any node is: a majority knows it before it is placed.
  ///
  /// @param then what is done once it is known, at once where nothing is to be
  void created(OwnedActor actor, Runnable then) {
    if (actor.id.detached()) {
      records.write(actor.id, space -> put(actor, space), then);
    } else {
      then.run();
    }
  }

  /// Its director placed it, lost it, or took it over.
  void changed(OwnedActor actor) {
    write(actor.id, space -> put(actor, space));
  }

  private void put(OwnedActor actor, ClusterRecords space) {
    if (actors.owned().get(actor.id) == actor) { // else another knows better by now
      space.put(key(actor.id), Wire.encode(recordOf(actor)));
    }
  }

  private Message.DetachedActor recordOf(OwnedActor actor) {
    synchronized (actor) {
      return new Message.DetachedActor(
          runtime.id(),
          Optional.ofNullable(actor.state == OwnedActor.State.ALIVE ? actor.node : null),
          actor.named,
          actor.restarts,
          new Message.CreateActor(
              actor.id,
              actor.incarnation,
              actor.slot,
              actor.reason,
              actor.job,
              actor.type,
              actor.constructor.encoded(runtime.cluster().codec(actor.job)),
              actor.options,
              actor.setting.encode(runtime.codec()),
              Optional.empty()));
    }
  }

  void ended(ActorId id) {
    write(id, space -> space.remove(key(id)));
  }

  private void write(ActorId id, Consumer<ClusterRecords> change) {
    if (id.detached()) {
      records.write(id, change);
    }
  }

  private static String key(ActorId id) {
    return "%s/%d/%s/%d".formatted(id.slot().home(), id.slot().index(), id.owner(), id.number());
  }

  private void changedElsewhere(Map<String, byte[]> all) {
    var next = new HashMap<ActorId, Message.DetachedActor>();
    var names = new HashMap<String, Message.DetachedActor>();
    all.forEach(
        (key, bytes) -> {
          if (records.read(key, bytes).orElse(null) instanceof Message.DetachedActor actor) {
            next.put(actor.spec().actor(), actor);
            if (actor.named()) {
              names.put(OwnedActor.qualifiedName(actor.spec().options()), actor);
            }
          }
        });
    Map<ActorId, Message.DetachedActor> before = known;
    known = Map.copyOf(next);
    named = Map.copyOf(names);
    for (Message.DetachedActor actor : next.values()) {
      NodeId director = actor.director();
      ActorId id = actor.spec().actor();
      if (!director.equals(runtime.id()) && !runtime.directors().isLost(director)) {
        actors.owned().handOver(id);
      }
      Message.DetachedActor then = before.get(id);
      if (then == null || !then.director().equals(director)) {
        actors.directorChanged(id);
      }
    }
    endStale(before);
    tellAgain(before);
    adopt();
  }

  /// An incarnation ended on this node, or left. Its director is told of that after this call; who
  /// takes over from a director that died before it heard is told again.
  void isOver(ActorCell.Spec spec, Message told) {
    if (records.areKept()) {
      over.put(spec.id(), new Over(spec.incarnation(), told));
    } // else it has no other director
  }

  private void tellAgain(Map<ActorId, Message.DetachedActor> before) {
    over.forEach(
        (id, last) -> {
          Message.DetachedActor then = before.get(id);
          Message.DetachedActor now = known.get(id);
          if (now == null || now.spec().incarnation() > last.incarnation) {
            over.remove(id, last); // it was heard
          } else if (then != null && !then.director().equals(now.director())) {
            runtime.cluster().send(now.director(), last.told);
          }
        });
  }

  /// Ends what lives here though it was ended, or started anew, elsewhere.
  private void endStale(Map<ActorId, Message.DetachedActor> before) {
    for (ActorCell cell : actors.host().all()) {
      ActorId id = cell.spec().id();
      if (id.detached() && before.containsKey(id)) {
        Message.DetachedActor now = known.get(id);
        if (now == null) {
          actors.host().kill(cell, Reason.KILLED, "it was ended by its director");
        } else if (now.spec().incarnation() > cell.spec().incarnation()
            || livesElsewhere(now, cell)) {
          actors
              .host()
              .kill(
                  cell,
                  Reason.NODE_DIED,
                  "incarnation " + now.spec().incarnation() + " took over elsewhere");
        }
      }
    }
  }

  /// Two directors one after the other may have started the same incarnation on two nodes.
  private boolean livesElsewhere(Message.DetachedActor now, ActorCell cell) {
    return now.spec().incarnation() == cell.spec().incarnation()
        && now.node().filter(node -> !node.equals(runtime.id())).isPresent();
  }

  /// Whether there is one that somebody has to take over.
  boolean haveLost() {
    return known.values().stream().anyMatch(this::isLost);
  }

  private boolean isLost(Message.DetachedActor actor) {
    boolean isPlaced = actor.node().isPresent(); // else that may be on its way
    return (isPlaced
            ? runtime.directors().isLost(actor.director())
            : runtime.directors().isSilent(actor.director()))
        && !actors.owned().contains(actor.spec().actor());
  }

  /// Takes over what nobody directs any more, if that is this node's to do. After each death, each
  /// change of what is known, and from time to time.
  void adopt() {
    if (haveLost() && runtime.stateFolders().takesOver()) {
      known.values().stream()
          .filter(this::isLost)
          .forEach(actor -> actors.owned().adopt(owned(actor)));
    }
  }

  private OwnedActor owned(Message.DetachedActor actor) {
    Message.CreateActor spec = actor.spec();
    var owned =
        new OwnedActor(
            spec.actor(),
            Capture.of(spec.constructor(), spec.name()),
            spec.options(),
            spec.job(),
            Setting.decode(spec.setting(), runtime.codec()));
    owned.incarnation = spec.incarnation();
    owned.restarts = actor.restarts();
    owned.slot = spec.slot();
    owned.reason = spec.reason();
    owned.named = actor.named();
    owned.node = actor.node().orElse(null);
    owned.state = actor.node().isPresent() ? OwnedActor.State.ALIVE : OwnedActor.State.PENDING;
    if (actor.node().isEmpty()) {
      owned.incarnation++; // an earlier start of it may be under way
    }
    return owned;
  }
}
