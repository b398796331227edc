package io.manta.actors;

import io.manta.actors.internal.durable.Keeping;
import io.manta.core.StateFencedException;
import io.manta.core.StateUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An actor whose state outlives it: each change is kept safe before the call that made it is
/// answered, and another actor of the same class with the same id goes on from there, on whatever
/// node.
///
/// ```java
/// public class Account extends DurableActor<Account.Balance> {
///   public record Balance(long cents) {}
///
///   public record Paid(long cents) implements Change<Balance> {
///     @Override
///     public Balance applyTo(Balance balance) {
///       return new Balance(balance.cents() + cents);
///     }
///   }
///
///   public Account(String number) {
///     super(number);
///   }
///
///   @Override
///   protected Balance initialState() {
///     return new Balance(0);
///   }
///
///   public long pay(long cents) {
///     persist(new Paid(cents));
///     return state().cents();
///   }
/// }
/// ```
///
/// State and changes are values, best immutable records; they are encoded as the values of tasks
/// are, by the names of their fields. A change is applied when it is made, and again whenever the
/// state is recovered, so it has to give the same state from the same state, and do nothing else. A
/// state that is changed in place works as long as no change throws: what it did up to then stays,
/// and is not kept.
///
/// There may be one living actor for an id at a time. A second one takes the state over; the first
/// ends when it next persists something.
///
/// Where there is no node, as in a test that calls the methods of a plain object, changes are
/// applied and not kept.
///
/// @param <S> the state
public abstract class DurableActor<S> extends RemoteActor {
  private static final Logger LOG = LoggerFactory.getLogger(DurableActor.class);
  private static final int KEY_LIMIT = 255;

  /// What happened to a state. Has to be pure: it is applied again when the state is recovered.
  ///
  /// @param <S> the state
  @FunctionalInterface
  public interface Change<S> {
    /// The state after it. What it throws, `persist` throws, and nothing is kept.
    S applyTo(S state);
  }

  private final String key;

  /// Held while something is persisted or recovered.
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Keeping keeping;
  private DurableStore.@Nullable Session session;
  private volatile @Nullable S state;

  /// Why what the store holds is not known; until it is recovered.
  private volatile @Nullable RuntimeException doubt;

  /// Since the last snapshot.
  private int events;

  /// @param id tells it from others of its class; class and id have at most 255 characters together
  protected DurableActor(String id) {
    this.key = getClass().getName() + "/" + id;
    if (key.length() > KEY_LIMIT) {
      throw new IllegalArgumentException(
          "the id of a durable actor is too long: with the name of its class it has %d characters, and may have %d: %s"
              .formatted(key.length(), KEY_LIMIT, key));
    }
  }

  /// The state before the first change. Called more than once.
  protected abstract S initialState();

  /// After how many changes a snapshot of the state is kept in place of them; 1 or more.
  protected int snapshotEvery() {
    return 100;
  }

  /// The state after all changes that were kept.
  ///
  /// @throws StateUnavailableException after a change of which it is not known whether it was kept,
  ///   to the end of that call; before the next one the state is recovered
  protected final S state() {
    checkDoubt();
    S known = state;
    if (known == null) {
      known = initial();
      state = known;
    }
    return known;
  }

  private S initial() {
    return Objects.requireNonNull(initialState(), "initialState() gave null");
  }

  private void checkDoubt() {
    RuntimeException why = doubt;
    if (why != null) {
      throw new StateUnavailableException(
          "what is kept of " + key + " is not known; the next call recovers it", why);
    }
  }

  /// Keeps changes, all or none of them, in order; then they are applied. Blocks until they are
  /// safe. With more than one call at a time, one persists at a time.
  ///
  /// @throws StateFencedException when another actor has taken the state over; this one ends
  /// @throws StateUnavailableException when it is not known whether they were kept
  @SafeVarargs
  protected final void persist(Change<S>... changes) {
    persist(List.of(changes));
  }

  /// The same.
  protected final void persist(List<? extends Change<S>> changes) {
    lock.lock();
    try {
      S next = state();
      var encoded = new ArrayList<byte[]>();
      for (Change<S> change : changes) {
        if (keeping != null) {
          encoded.add(keeping.encode(named(change)));
        }
        next =
            Objects.requireNonNull(
                change.applyTo(next), () -> change.getClass().getName() + " gave no state");
      }
      DurableStore.Session open = session;
      if (open != null && !encoded.isEmpty()) {
        keep(() -> open.append(encoded));
      }
      state = next;
      events += encoded.size();
      if (events >= snapshotEvery()) {
        snapshotInTime();
      }
    } finally {
      lock.unlock();
    }
  }

  /// A lambda is named by its place in a build, and could not be read by the next.
  private static <S> Change<S> named(Change<S> change) {
    Class<?> type = change.getClass();
    if (type.isHidden() || type.isSynthetic() || type.isAnonymousClass()) {
      throw new IllegalArgumentException(
          type.getName()
              + " is a lambda or an anonymous class, which a later build can't read; make the change a record");
    }
    return change;
  }

  private void keep(Runnable write) {
    try {
      write.run();
    } catch (StateFencedException e) {
      doubt = e;
      Keeping here = keeping;
      if (here != null) {
        here.end("its state was taken over: " + e.getMessage());
      }
      throw e;
    } catch (IllegalArgumentException e) {
      throw e; // nothing was written
    } catch (RuntimeException e) {
      doubt = e;
      throw e;
    }
  }

  /// The changes are safe, whatever comes of it.
  private void snapshotInTime() {
    try {
      snapshot();
    } catch (RuntimeException e) {
      LOG.warn("a snapshot of {} was not kept", key, e);
    }
  }

  /// Keeps the state as it is in place of all changes so far. Fails as [#persist].
  protected final void snapshot() {
    lock.lock();
    try {
      S now = state();
      DurableStore.Session open = session;
      Keeping here = keeping;
      if (open != null && here != null) {
        byte[] encoded = here.encode(now);
        keep(() -> open.snapshot(encoded));
      }
      events = 0;
    } finally {
      lock.unlock();
    }
  }

  /// Keeps nothing of it any more; the state is the initial one again. Fails as [#persist].
  protected final void deleteState() {
    lock.lock();
    try {
      checkDoubt();
      DurableStore.Session open = session;
      if (open != null) {
        keep(open::delete);
      }
      state = initial();
      events = 0;
    } finally {
      lock.unlock();
    }
  }

  @Override
  final void livesOn(Keeping node) {
    keeping = node;
  }

  @Override
  final void recover() {
    lock.lock();
    try {
      Keeping here = keeping;
      if (here == null || (session != null && doubt == null)) {
        return;
      }
      DurableStore.Session opened = session == null ? here.open(key) : reopened(here, session);
      session = opened;
      state = recovered(here, opened);
      events = opened.events().size();
      doubt = null;
    } finally {
      lock.unlock();
    }
  }

  /// The state of one that another actor replaced is not taken back.
  private static DurableStore.Session reopened(Keeping here, DurableStore.Session before) {
    try {
      return before.reopen();
    } catch (StateFencedException e) {
      here.end("its state was taken over: " + e.getMessage());
      throw e;
    }
  }

  @SuppressWarnings("unchecked")
  private S recovered(Keeping here, DurableStore.Session opened) {
    try {
      S now = opened.snapshot().map(bytes -> (S) here.decode(bytes)).orElseGet(this::initial);
      for (byte[] event : opened.events()) {
        now = ((Change<S>) here.decode(event)).applyTo(now);
      }
      return now;
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "the state of " + key + " was read, and can't be made from what is kept: " + e, e);
    }
  }
}
