package io.manta.sharding;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.cluster.ddata.DistributedData;
import org.apache.pekko.cluster.ddata.Key;
import org.apache.pekko.cluster.ddata.LWWMap;
import org.apache.pekko.cluster.ddata.LWWMapKey;
import org.apache.pekko.cluster.ddata.Replicator;
import org.apache.pekko.cluster.ddata.SelfUniqueAddress;
import org.jspecify.annotations.Nullable;

/// Small records that every member holds, in Distributed Data, written to a majority.
public final class RecordsReplica {
  private static final Key<LWWMap<String, byte[]>> KEY = LWWMapKey.create("manta-records");
  private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(3);
  private static final int TRIES = 3;

  /// Write a value, or remove the key when it is null.
  private record Write(
      String key, byte @Nullable [] value, int tries, CompletableFuture<Boolean> done) {}

  private final ActorRef actor;

  /// @param listener told all records after each change, one call at a time
  public RecordsReplica(ActorSystem system, Consumer<Map<String, byte[]>> listener) {
    this.actor =
        system.actorOf(Props.create(Writer.class, () -> new Writer(listener)), "manta-records");
  }

  /// Completes with true when a majority has it, with false when that is not known in time.
  public CompletableFuture<Boolean> put(String key, byte[] value) {
    return write(key, value);
  }

  /// As [#put].
  public CompletableFuture<Boolean> remove(String key) {
    return write(key, null);
  }

  private CompletableFuture<Boolean> write(String key, byte @Nullable [] value) {
    var done = new CompletableFuture<Boolean>();
    actor.tell(new Write(key, value, 1, done), ActorRef.noSender());
    return done;
  }

  private static final class Writer extends AbstractActor {
    private final Consumer<Map<String, byte[]>> listener;
    private final ActorRef replicator = DistributedData.get(getContext().getSystem()).replicator();
    private final SelfUniqueAddress self =
        DistributedData.get(getContext().getSystem()).selfUniqueAddress();

    Writer(Consumer<Map<String, byte[]>> listener) {
      this.listener = listener;
    }

    @Override
    public void preStart() {
      replicator.tell(new Replicator.Subscribe<>(KEY, getSelf()), getSelf());
    }

    @Override
    @SuppressWarnings("unchecked")
    public Receive createReceive() {
      return receiveBuilder()
          .match(Write.class, this::write)
          .match(
              Replicator.Changed.class,
              changed -> changed((Replicator.Changed<LWWMap<String, byte[]>>) changed))
          .match(Replicator.UpdateSuccess.class, done -> done(done.getRequest(), true))
          .match(Replicator.UpdateFailure.class, done -> done(done.getRequest(), false))
          .build();
    }

    private void write(Write write) {
      byte[] value = write.value();
      replicator.tell(
          new Replicator.Update<>(
              KEY,
              LWWMap.create(),
              new Replicator.WriteMajority(WRITE_TIMEOUT),
              Optional.of(write),
              map ->
                  value == null
                      ? map.remove(self, write.key())
                      : map.put(self, write.key(), value)),
          getSelf());
    }

    private void changed(Replicator.Changed<LWWMap<String, byte[]>> changed) {
      listener.accept(new HashMap<>(changed.get(KEY).getEntries()));
    }

    /// A write that did not reach a majority is tried again: a member that left meanwhile counts no
    /// more. Writing twice is the same as once.
    private void done(Optional<Object> request, boolean written) {
      if (request.orElse(null) instanceof Write write) {
        if (written || write.tries() >= TRIES) {
          write.done().complete(written);
        } else {
          write(new Write(write.key(), write.value(), write.tries() + 1, write.done()));
        }
      }
    }
  }
}
