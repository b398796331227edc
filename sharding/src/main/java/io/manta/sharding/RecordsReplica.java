package io.manta.sharding;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.ddata.Key;
import org.apache.pekko.cluster.ddata.LWWMap;
import org.apache.pekko.cluster.ddata.LWWMapKey;
import org.apache.pekko.cluster.ddata.Replicator;
import org.apache.pekko.cluster.ddata.ReplicatorSettings;
import org.apache.pekko.cluster.ddata.SelfUniqueAddress;
import org.jspecify.annotations.Nullable;

/// Small records that every member holds, in Distributed Data, written to a majority. Those whose
/// keys begin with [#KEPT] are kept in the state folder as well, where there is one, and are there
/// again after all members were stopped.
public final class RecordsReplica implements AutoCloseable {
  /// How the keys of records begin that are to survive a stop of all members.
  public static final String KEPT = "kept.";

  private static final Key<LWWMap<String, byte[]>> RECORDS = LWWMapKey.create("manta-records");
  private static final Key<LWWMap<String, byte[]>> KEPT_RECORDS =
      LWWMapKey.create("manta-kept-records");
  private static final Duration TIMEOUT = Duration.ofSeconds(3);
  private static final Duration WRITE_TIME = Duration.ofSeconds(6);

  private final ActorSystem system;
  private final Optional<RecordsFolder> folder;
  private final ReplicatorSettings settings;
  private volatile @Nullable ActorRef actor;

  /// Write a value, or remove the key when it is null.
  ///
  /// @param endNanos after which it is not tried again, as who asked for it may think otherwise by
  ///   then
  private record Write(
      String key, byte @Nullable [] value, long endNanos, CompletableFuture<Boolean> done) {
    boolean isLate() {
      return System.nanoTime() - endNanos > 0;
    }
  }

  /// What is known is to have it before who wrote it hears of that.
  private record Written(CompletableFuture<Boolean> done) {}

  /// Merge what all others have, then tell it.
  private record Read(CompletableFuture<Boolean> done) {}

  /// Tell what is merged, and then that it is.
  private record Tell(CompletableFuture<Boolean> done) {}

  private RecordsReplica(ActorSystem system, Optional<RecordsFolder> folder) {
    this.system = system;
    this.folder = folder;
    ReplicatorSettings inMemory = ReplicatorSettings.apply(system);
    this.settings =
        folder
            .map(
                kept ->
                    inMemory
                        .withDurableStoreProps(RecordsStore.props(kept))
                        .withDurableKeys(Set.of(KEPT_RECORDS.id())))
            .orElse(inMemory);
  }

  /// Opens the state folder and looks whether what it has can be read.
  ///
  /// @throws io.manta.core.ConfigurationException when it is in use, or damaged
  public static RecordsReplica open(ActorSystem system, Optional<Path> stateFolder) {
    if (stateFolder.isEmpty()) {
      return new RecordsReplica(system, Optional.empty());
    }
    RecordsFolder folder = RecordsFolder.open(stateFolder.get());
    try {
      RecordsStore.load(system, folder);
      return new RecordsReplica(system, Optional.of(folder));
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /// Begins to share them, once this process is a member.
  ///
  /// @param listener told all records after each change, one call at a time
  public void start(Consumer<Map<String, byte[]>> listener) {
    ActorRef replicator = system.actorOf(Replicator.props(settings), "manta-replicator");
    actor =
        system.actorOf(
            Props.create(Writer.class, () -> new Writer(replicator, listener)), "manta-records");
  }

  /// What tells the folder in which this member keeps records from those of others.
  public Optional<String> folderId() {
    return folder.map(RecordsFolder::id);
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
    tell(new Write(key, value, System.nanoTime() + WRITE_TIME.toNanos(), done), done);
    return done;
  }

  /// Merges what all other members have of the kept records. Completes with true when the listener
  /// was told, with false when a member did not answer in time.
  public CompletableFuture<Boolean> readAll() {
    var done = new CompletableFuture<Boolean>();
    tell(new Read(done), done);
    return done;
  }

  private void tell(Object message, CompletableFuture<Boolean> done) {
    ActorRef started = actor;
    if (started == null) {
      done.complete(false);
    } else {
      started.tell(message, ActorRef.noSender());
    }
  }

  /// Once the actor system has ended.
  @Override
  public void close() {
    folder.ifPresent(RecordsFolder::close);
  }

  private static final class Writer extends AbstractActor {
    private final ActorRef replicator;
    private final Consumer<Map<String, byte[]>> listener;
    private final Cluster cluster = Cluster.get(getContext().getSystem());
    private final SelfUniqueAddress self = new SelfUniqueAddress(cluster.selfUniqueAddress());
    private final Map<Key<?>, Map<String, byte[]>> known = new HashMap<>();
    private final List<Read> reads = new ArrayList<>();

    Writer(ActorRef replicator, Consumer<Map<String, byte[]>> listener) {
      this.replicator = replicator;
      this.listener = listener;
    }

    @Override
    public void preStart() {
      for (var key : List.of(RECORDS, KEPT_RECORDS)) {
        replicator.tell(new Replicator.Subscribe<>(key, getSelf()), getSelf());
      }
    }

    @Override
    @SuppressWarnings("unchecked")
    public Receive createReceive() {
      return receiveBuilder()
          .match(Write.class, this::write)
          .match(Read.class, this::read)
          .match(
              Replicator.Changed.class,
              changed -> {
                var map = (Replicator.Changed<LWWMap<String, byte[]>>) changed;
                changed(map.key(), map.dataValue());
              })
          .match(Replicator.UpdateSuccess.class, done -> done(done.getRequest(), true))
          .match(Replicator.UpdateFailure.class, done -> done(done.getRequest(), false))
          .match(Replicator.ReplicaCount.class, this::readFrom)
          .match(
              Replicator.GetSuccess.class,
              found -> found((Replicator.GetSuccess<LWWMap<String, byte[]>>) found))
          .match(Replicator.NotFound.class, none -> readDone(none.getRequest(), true))
          .match(Replicator.GetFailure.class, failure -> readDone(failure.getRequest(), false))
          .build();
    }

    /// What this member has not heard of yet it could not remove.
    private void write(Write write) {
      if (write.value() == null) {
        get(keyOf(write), new Replicator.ReadMajority(TIMEOUT), write);
      } else {
        update(write);
      }
    }

    private void update(Write write) {
      byte[] value = write.value();
      replicator.tell(
          new Replicator.Update<>(
              keyOf(write),
              LWWMap.create(),
              new Replicator.WriteMajority(TIMEOUT),
              Optional.of(write),
              map ->
                  value == null
                      ? map.remove(self, write.key())
                      : map.put(self, write.key(), value)),
          getSelf());
    }

    private static Key<LWWMap<String, byte[]>> keyOf(Write write) {
      return write.key().startsWith(KEPT) ? KEPT_RECORDS : RECORDS;
    }

    private void changed(Key<?> key, LWWMap<String, byte[]> map) {
      known.put(key, map.getEntries());
      var all = new HashMap<String, byte[]>();
      known.values().forEach(all::putAll);
      listener.accept(all);
    }

    /// A write that did not reach a majority is tried again: a member that left meanwhile counts no
    /// more. Writing twice is the same as once.
    private void done(Optional<Object> request, boolean written) {
      if (request.orElse(null) instanceof Write write) {
        if (written) {
          get(keyOf(write), Replicator.readLocal(), new Written(write.done()));
        } else if (write.isLate()) {
          write.done().complete(false);
        } else {
          write(write);
        }
      }
    }

    private void read(Read read) {
      reads.add(read);
      replicator.tell(Replicator.getReplicaCount(), getSelf());
    }

    /// The replicator hears of members by itself, so it may not know all of them yet.
    private void readFrom(Replicator.ReplicaCount count) {
      long members = 0;
      for (var member : cluster.state().getMembers()) {
        members += member.status() == MemberStatus.up() ? 1 : 0;
      }
      boolean knowsAll = count.n() >= members;
      for (Read read : reads) {
        if (knowsAll) {
          get(KEPT_RECORDS, new Replicator.ReadAll(TIMEOUT), read);
        } else {
          read.done().complete(false);
        }
      }
      reads.clear();
    }

    /// What others had is merged into what this member has, which may be newer by now.
    private void found(Replicator.GetSuccess<LWWMap<String, byte[]>> found) {
      Object request = found.getRequest().orElse(null);
      if (request instanceof Write removal) {
        update(removal);
      } else if (request instanceof Written written) {
        // Else what is told when another record changes would not have it.
        known.put(found.key(), found.dataValue().getEntries());
        written.done().complete(true);
      } else if (request instanceof Read read) {
        get(KEPT_RECORDS, Replicator.readLocal(), new Tell(read.done()));
      } else if (request instanceof Tell tell) {
        changed(found.key(), found.dataValue());
        tell.done().complete(true);
      }
    }

    private void get(
        Key<LWWMap<String, byte[]>> key, Replicator.ReadConsistency from, Object request) {
      replicator.tell(new Replicator.Get<>(key, from, Optional.of(request)), getSelf());
    }

    private void readDone(Optional<Object> request, boolean isRead) {
      Object asked = request.orElse(null);
      if (asked instanceof Read read) {
        read.done().complete(isRead);
      } else if (asked instanceof Write removal && isRead) {
        update(removal); // there are no records yet
      } else if (asked instanceof Write) {
        done(request, false);
      }
    }
  }
}
