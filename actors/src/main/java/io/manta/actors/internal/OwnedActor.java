package io.manta.actors.internal;

import io.manta.core.ActorId;
import io.manta.core.ActorInfo;
import io.manta.core.ActorOptions;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.SlotId;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// An actor in the process that created it, which directs its restarts. Guarded by itself.
final class OwnedActor {
  enum State {
    PENDING,
    STARTING,
    ALIVE,
    DEAD
  }

  final ActorId id;
  final Capture constructor;
  final ActorOptions options;
  final JobId job;
  final Setting setting;
  int incarnation = 1;

  /// How often it was started anew because it had died; a move is none.
  int restarts;

  /// Until its name is claimed and its refs are there it is not pending, so that nobody else places
  /// it.
  State state = State.STARTING;

  /// Whether its name is its own by now.
  boolean named;

  /// Its class: what its constructor is known to give and, once it lived, that of the object.
  volatile String type;

  String reason = "";

  /// Kept as long as this is.
  @Nullable ActorClient client;

  /// The actor that created it, if one did.
  volatile @Nullable ActorCell parent;

  /// What its next incarnation takes over.
  Optional<Payload> handedOver = Optional.empty();

  /// Where it is being moved to, and who is told when it has started there, or stays.
  @Nullable Move move;

  record Move(NodeId target, CompletableFuture<Boolean> done) {}

  /// How it is to end in order, if it is, and so not to restart.
  Message.@Nullable StopActor stop;

  /// Whether its death was told.
  boolean ended;

  /// Other processes that want to be told of its death.
  Set<NodeId> watchers = Set.of();

  SlotId slot;
  @Nullable NodeId node;

  /// When it was sent there.
  long placedNanos;

  /// Since when it waits to be placed, while it does.
  long waitsNanos;

  /// Since when no node could ever hold it.
  @Nullable Long infeasibleSince;

  /// What was warned of last; of the thread that checks only.
  String warned = "";

  OwnedActor(ActorId id, Capture constructor, ActorOptions options, JobId job, Setting setting) {
    this.job = job;
    this.setting = setting;
    this.id = id;
    this.slot = id.slot();
    this.constructor = constructor;
    this.type = constructor.name();
    this.options = options;
  }

  /// @param death why it is dead, when it is
  synchronized ActorInfo info(Optional<String> death) {
    ActorInfo.State seen =
        switch (state) {
          case ALIVE -> ActorInfo.State.ALIVE;
          case DEAD -> ActorInfo.State.DEAD;
          case PENDING, STARTING ->
              incarnation > 1 ? ActorInfo.State.RESTARTING : ActorInfo.State.PENDING;
        };
    return new ActorInfo(
        id,
        options.name(),
        options.namespace().orElse(""),
        type,
        seen,
        id.owner(),
        seen == ActorInfo.State.ALIVE ? Optional.ofNullable(node) : Optional.empty(),
        restarts,
        0,
        death);
  }

  /// Whether nobody has sent it to a node yet, or not again. Under its lock.
  boolean isUnplaced() {
    return state == State.PENDING || (state == State.STARTING && node == null);
  }

  synchronized boolean isEnding() {
    return stop != null || state == State.DEAD;
  }

  /// Its name with its namespace, as it is claimed.
  String qualifiedName() {
    return qualifiedName(options);
  }

  static String qualifiedName(ActorOptions options) {
    return qualified(options.namespace().orElse(""), options.name().orElse(""));
  }

  static String qualified(String namespace, String name) {
    return namespace + "/" + name;
  }

  String what() {
    return ActorTypes.what(type, options.name(), id);
  }
}
