package io.manta.actors.internal;

import io.manta.core.ActorId;
import io.manta.core.NodeId;
import io.manta.sharding.EntityMessage;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.Props;
import org.jspecify.annotations.Nullable;

/// Who has one name: a sharded entity. It keeps nothing beyond its node's life; after a node died,
/// the owners of named actors claim their names again. One that began after a death gives its name
/// to nobody else before they had the time for that.
final class NameActor extends AbstractActor {
  /// Owners hear of a death before its names are kept elsewhere; then what they say travels.
  private static final long CLAIMS_NANOS = Duration.ofSeconds(2).toNanos();

  private final MantaRuntime runtime;
  private final BooleanSupplier mayForget;
  private final long began = System.nanoTime();
  private @Nullable ActorId holder;
  private long heldNanos;

  private NameActor(MantaRuntime runtime, BooleanSupplier mayForget) {
    this.runtime = runtime;
    this.mayForget = mayForget;
  }

  /// @param mayForget whether a node died of late
  static Props props(MantaRuntime runtime, BooleanSupplier mayForget) {
    return Props.create(NameActor.class, () -> new NameActor(runtime, mayForget));
  }

  /// @param asker gets the answer
  static EntityMessage message(String name, NodeId asker, Message message) {
    byte[] body = Wire.encode(message);
    return new EntityMessage(
        name, ByteBuffer.allocate(8 + body.length).putLong(asker.value()).put(body).array());
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder().match(EntityMessage.class, this::receive).build();
  }

  /// An owner that is not known here may just not have been heard of yet.
  private boolean isLost(ActorId actor) {
    NodeId owner = runtime.director(actor);
    if (runtime.isKnownDetached(actor)) {
      return false; // another node directs it, or is about to
    }
    return runtime.cluster().isGone(owner)
        || (!runtime.cluster().isAlive(owner)
            && System.nanoTime() - heldNanos > runtime.config().joinTimeout().toNanos());
  }

  /// Whether somebody may have the name whose claim is still on its way.
  private boolean isUnsure() {
    return System.nanoTime() - began < CLAIMS_NANOS && mayForget.getAsBoolean();
  }

  private void receive(EntityMessage message) {
    var asker = new NodeId(ByteBuffer.wrap(message.payload()).getLong());
    switch (Wire.decode(Arrays.copyOfRange(message.payload(), 8, message.payload().length))) {
      case Message.ClaimName claim -> {
        if (holder != null && isLost(holder)) {
          holder = null;
        }
        if (holder == null) {
          holder = runtime.awaitedHolder(claim.name()).orElse(null);
          heldNanos = System.nanoTime();
        }
        if (holder == null && !claim.again() && isUnsure()) {
          return; // who asks does so again
        }
        if (holder == null) {
          holder = claim.actor().orElse(null);
          heldNanos = System.nanoTime();
        }
        answer(asker, claim.request(), claim.name());
      }
      case Message.ReleaseName release -> {
        if (release.actor().equals(holder)) {
          holder = null;
        }
        answer(asker, release.request(), release.name());
      }
      default -> unhandled(message);
    }
  }

  private void answer(NodeId asker, long request, String name) {
    runtime.cluster().send(asker, new Message.NameHeld(request, name, Optional.ofNullable(holder)));
  }
}
