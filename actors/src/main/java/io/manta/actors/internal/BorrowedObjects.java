package io.manta.actors.internal;

import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The objects of other processes that this one has refs to, each with how often it was sent here.
/// When none of its refs can be used any more, its owner is told; see [OwnedObjects].
final class BorrowedObjects {
  private static final int FLUSH_MILLIS = 50;
  private static final int MOST_AT_ONCE = 4096;

  /// Guarded by the table.
  private static final class Entry {
    private final WeakReference<ObjectState> state;
    private int loans;

    Entry(ObjectState state, int loans) {
      this.state = new WeakReference<>(state);
      this.loans = loans;
    }

    @Nullable ObjectState state() {
      ObjectState known = state.get();
      return known != null && known.isUsed() ? known : null;
    }
  }

  private final MantaRuntime runtime;
  private final Function<ObjectState, Ref.Source> fetch;
  private final ConcurrentHashMap<ObjectId, Entry> entries = new ConcurrentHashMap<>();
  private final Map<NodeId, List<Message.Loan>> released = new HashMap<>();

  /// @param fetch how the value of one is got from its owner
  BorrowedObjects(MantaRuntime runtime, Function<ObjectState, Ref.Source> fetch) {
    this.runtime = runtime;
    this.fetch = fetch;
  }

  int size() {
    return entries.size();
  }

  /// A ref came with a message, which counts as a loan; retained.
  ObjectState arrived(ObjectId id) {
    return open(id, entry -> entry.loans++);
  }

  /// A ref was read; retained. One that no message brought is borrowed by that, if the owner still
  /// has it.
  ObjectState read(ObjectId id) {
    Entry known = entries.get(id);
    ObjectState used = known == null ? null : known.state.get();
    if (used != null && used.tryRetain()) {
      return used;
    }
    return open(
        id,
        entry -> {
          if (entry.loans == 0) {
            entry.loans = 1;
            tell(id.owner(), List.of(new Message.Loan(id.number(), 1)));
          }
        });
  }

  private ObjectState open(ObjectId id, Consumer<Entry> borrow) {
    var found = new ObjectState[1];
    entries.compute(
        id,
        (key, known) -> {
          Entry entry = known;
          ObjectState state = entry == null ? null : entry.state();
          if (state == null) {
            state = new ObjectState(id);
            state.madeBy(fetch.apply(state));
            Objects.CLEANER.register(state, () -> look(id));
            entry = new Entry(state, entry == null ? 0 : entry.loans);
          }
          borrow.accept(entry);
          state.retain();
          found[0] = state;
          return entry;
        });
    return found[0];
  }

  /// The state of one that can be used here.
  @Nullable ObjectState used(ObjectId id) {
    Entry entry = entries.get(id);
    return entry == null ? null : entry.state.get();
  }

  /// Perhaps nobody uses it any more.
  void look(ObjectId id) {
    @Nullable ObjectState[] dropped = new ObjectState[1];
    entries.computeIfPresent(
        id,
        (key, entry) -> {
          if (entry.state() != null) {
            return entry;
          }
          released(id, entry.loans);
          dropped[0] = entry.state.get();
          return null;
        });
    ObjectState state = dropped[0];
    if (state != null) {
      state.drop();
    }
  }

  private void released(ObjectId id, int loans) {
    List<Message.Loan> full = null;
    synchronized (released) {
      if (released.isEmpty()) {
        flushSoon();
      }
      var loansOf = released.computeIfAbsent(id.owner(), owner -> new ArrayList<>());
      loansOf.add(new Message.Loan(id.number(), -loans));
      if (loansOf.size() >= MOST_AT_ONCE) {
        full = loansOf;
        released.remove(id.owner());
      }
    }
    if (full != null) {
      tell(id.owner(), full);
    }
  }

  private void flushSoon() {
    try {
      runtime.timer().schedule(this::flush, FLUSH_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      released.clear(); // this process ends, which releases all
    }
  }

  private void flush() {
    Map<NodeId, List<Message.Loan>> all;
    synchronized (released) {
      all = Map.copyOf(released);
      released.clear();
    }
    all.forEach(this::tell);
  }

  private void tell(NodeId owner, List<Message.Loan> loans) {
    runtime.cluster().send(owner, new Message.Lent(runtime.id(), loans));
  }

  /// The owner is gone: what has no value yet gets none.
  void ownerGone(NodeId owner, Consumer<ObjectState> lost) {
    entries.forEach(
        (id, entry) -> {
          ObjectState state = entry.state.get();
          if (id.owner().equals(owner)) {
            if (state != null && state.isAwaited()) {
              lost.accept(state);
            }
            entries.computeIfPresent(id, (key, known) -> known.state() == null ? null : known);
          }
        });
  }

  /// This runtime is closed.
  void forEachPending(Consumer<ObjectState> action) {
    entries
        .values()
        .forEach(
            entry -> {
              ObjectState state = entry.state.get();
              if (state != null && state.isAwaited()) {
                action.accept(state);
              }
            });
  }
}
