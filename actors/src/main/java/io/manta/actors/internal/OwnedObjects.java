package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The objects of this process that left it, inside a value or closure. Each is kept for as long as
/// a ref to it can be used here or in a process that borrowed it.
///
/// Counting is by message: a process has borrowed an object as often as it was sent to it, and
/// releases it by as many at once. A borrower that sends it on tells the owner before it releases
/// its own; so the owner may hear of a release before the loan, and a count may be below zero for a
/// while. A process holds the object only where its count is above.
final class OwnedObjects {
  /// One of them. Guarded by the table.
  private static final class Entry {
    private final CompletableFuture<StoredValue> value;
    private final JobId job;
    private volatile WeakReference<ObjectState> here;
    private @Nullable Map<NodeId, Integer> borrowers;

    /// How many closures captured it of tasks that are over and may be run again.
    private int lineages;

    /// Nobody but those keeps it: its bytes are deleted, or are counted as lineage.
    private boolean shelved;

    Entry(ObjectState state, JobId job) {
      this.value = state.value();
      this.job = job;
      this.here = new WeakReference<>(state);
    }

    @Nullable ObjectState state() {
      ObjectState state = here.get();
      return state != null && state.isUsed() ? state : null;
    }

    void lend(NodeId borrower, int count) {
      if (borrowers == null) {
        borrowers = new HashMap<>(2);
      }
      borrowers.merge(borrower, count, (old, more) -> old + more == 0 ? null : old + more);
    }

    void forget(NodeId borrower) {
      if (borrowers != null) {
        borrowers.remove(borrower);
      }
    }

    boolean isUsed() {
      return state() != null
          || (borrowers != null && borrowers.values().stream().anyMatch(count -> count > 0));
    }
  }

  /// What a fetch of another process gets, and whose classes encode it.
  record Kept(CompletableFuture<StoredValue> value, JobId job) {}

  private final Objects objects;
  private final MantaRuntime runtime;
  private final ConcurrentHashMap<Long, Entry> entries = new ConcurrentHashMap<>();

  OwnedObjects(Objects objects, MantaRuntime runtime) {
    this.objects = objects;
    this.runtime = runtime;
  }

  int size() {
    return entries.size();
  }

  /// A ref to it is about to leave, or to be encoded for readers in this process.
  void export(Ref<?> ref) {
    long number = ref.id().number();
    if (!entries.containsKey(number)) {
      entries.computeIfAbsent(
          number,
          missing -> {
            watch(ref.state());
            return new Entry(ref.state(), ref.job());
          });
    }
  }

  private void watch(ObjectState state) {
    long number = state.id().number();
    Objects.CLEANER.register(state, () -> look(number));
  }

  /// What a ref that came back refers to, retained; null when it is not kept any more.
  @Nullable ObjectState open(long number) {
    Entry known = entries.get(number);
    ObjectState used = known == null ? null : known.here.get();
    if (known == null || (used != null && used.tryRetain())) {
      return used;
    }
    var found = new ObjectState[1];
    entries.computeIfPresent(
        number,
        (key, entry) -> {
          ObjectState state = entry.state();
          if (state == null) {
            state = new ObjectState(new ObjectId(runtime.id(), number), entry.value);
            entry.here = new WeakReference<>(state);
            watch(state);
            unshelve(number, entry);
          }
          state.retain();
          found[0] = state;
          return entry;
        });
    return found[0];
  }

  @Nullable Kept kept(long number) {
    Entry entry = entries.get(number);
    return entry == null ? null : new Kept(entry.value, entry.job);
  }

  /// The state of one that can be used here.
  @Nullable ObjectState used(long number) {
    Entry entry = entries.get(number);
    return entry == null ? null : entry.here.get();
  }

  /// A process is sent a ref, or releases as many as it was sent when the count is negative.
  void lend(long number, NodeId borrower, int count) {
    update(
        number,
        entry -> {
          if (runtime.cluster().isGone(borrower)) {
            entry.forget(borrower);
          } else {
            entry.lend(borrower, count);
          }
        });
    if (count > 0 && runtime.cluster().isGone(borrower)) {
      update(number, entry -> entry.forget(borrower));
    }
  }

  /// Perhaps nobody uses it any more.
  void look(long number) {
    update(number, entry -> {});
  }

  void processGone(NodeId borrower) {
    for (Long number : entries.keySet()) {
      update(number, entry -> entry.forget(borrower));
    }
  }

  /// A closure that captured it may be run again, and does not use it until then.
  void keepLineage(long number) {
    entries.computeIfPresent(
        number,
        (key, entry) -> {
          entry.lineages++;
          return entry;
        });
  }

  void forgetLineage(long number) {
    update(number, entry -> entry.lineages--);
  }

  /// Another value came, perhaps after the last use.
  void valueCame(long number) {
    update(number, entry -> entry.shelved = false);
  }

  /// Nobody uses it, and tasks may be run again that do.
  private void shelve(long number, Entry entry) {
    if (!entry.value.isDone()) {
      entry.value.whenComplete((value, failure) -> valueCame(number));
      return;
    }
    if (entry.value.isCompletedExceptionally()
        || !(entry.value.join() instanceof Payload payload)
        || payload.first().isPresent()) {
      return;
    }
    if (producer(payload).filter(Large.Producer::isCheap).isPresent()) {
      deleteShelved(number, entry, payload);
    } else if (whileShelved(
        number, entry, () -> objects.lineageLimit().keepValue(number, payload.byteSize()))) {
      objects.lineageLimit().giveUpSome();
    }
  }

  /// How it can be made again, where it can.
  private static Optional<Large.Producer> producer(Payload payload) {
    return payload.large().flatMap(Large::producer).filter(Large.Producer::isRepeatable);
  }

  private void deleteShelved(long number, Entry entry, Payload payload) {
    if (whileShelved(number, entry, () -> payload.large().ifPresent(Large::shelve))) {
      payload.shelved(objects);
    }
  }

  /// Nobody begins to use it meanwhile.
  ///
  /// @return whether nobody had begun
  private boolean whileShelved(long number, Entry entry, Runnable action) {
    var done = new boolean[1];
    entries.computeIfPresent(
        number,
        (key, now) -> {
          done[0] = now == entry && now.shelved;
          if (done[0]) {
            action.run();
          }
          return now;
        });
    return done[0];
  }

  /// Too much is kept for lineage alone: the value is freed.
  void giveUp(long number) {
    Entry entry = entries.get(number);
    if (entry == null
        || entry.value.isCompletedExceptionally()
        || !(entry.value.join() instanceof Payload payload)) {
      return;
    }
    if (producer(payload).isPresent()) {
      deleteShelved(number, entry, payload);
    } else if (whileShelved(
        number, entry, () -> entry.value.obtrudeException(objects.givenUp(number)))) {
      objects.close(payload);
    }
  }

  /// It is used again, or freed. Inside of the table's locks.
  private void unshelve(long number, Entry entry) {
    if (entry.shelved) {
      entry.shelved = false;
      objects.lineageLimit().forgetValue(number);
    }
  }

  /// Frees it if nobody uses it after the change: outside of the table's locks, since that may free
  /// others, and not inside of the freeing of another, since chains of them may be long.
  private void update(long number, Consumer<Entry> change) {
    var unused = new Runnable[1];
    entries.computeIfPresent(
        number,
        (key, entry) -> {
          change.accept(entry);
          if (entry.isUsed()) {
            unshelve(number, entry);
            return entry;
          }
          if (entry.lineages > 0) {
            if (!entry.shelved) {
              entry.shelved = true;
              unused[0] = () -> shelve(number, entry);
            }
            return entry;
          }
          unshelve(number, entry);
          unused[0] = () -> objects.free(entry.value, entry.here.get());
          return null;
        });
    if (unused[0] != null) {
      Turns.run(unused[0]);
    }
  }
}
