package io.manta.actors.internal;

import org.jspecify.annotations.Nullable;

/// A function that runs here, on a virtual thread, once a ref is done, and makes the value of
/// another.
final class Step implements Ref.Source {
  interface Body<T extends @Nullable Object> {
    void accept(T value) throws Exception;
  }

  private final Ref<?> result;
  private final String what;
  private @Nullable Thread thread;

  /// What it waits for, to run or to follow; null while it runs.
  private @Nullable Ref<?> awaited;

  private @Nullable Ref<?> followed;
  private boolean cancelled;

  Step(Ref<?> result, String what) {
    this.result = result;
    this.what = what;
    result.madeBy(this);
  }

  /// Once the ref is done; a failure of it is the result's.
  <T extends @Nullable Object> void after(Ref<T> ref, Body<T> body) {
    synchronized (this) {
      awaited = ref;
    }
    Objects objects = ref.runtime().objects();
    if (!ref.state().tryRetain()) {
      result.fail(ref.state().wasLetGo());
      return;
    }
    ref.whenDone(
        (value, failure) -> {
          if (failure == null && !result.isDone()) {
            ref.runtime().callbacks().execute(() -> run(ref, body));
            return;
          }
          objects.release(ref.state());
          if (failure != null) {
            result.fail(failure);
          }
        });
  }

  private <T extends @Nullable Object> void run(Ref<T> ref, Body<T> body) {
    boolean unwanted;
    synchronized (this) {
      unwanted = cancelled;
      thread = unwanted ? null : Thread.currentThread();
      awaited = null;
    }
    try {
      if (unwanted) {
        return;
      }
      body.accept(ref.get());
    } catch (Throwable e) {
      result.fail(Failed.of("the " + what, ref.runtime().id(), e));
    } finally {
      synchronized (this) {
        thread = null;
      }
      ref.runtime().objects().release(ref.state());
    }
  }

  /// The result becomes that of another ref.
  ///
  /// @param other what the user's function gave; null, which it must not be, is refused
  <R extends @Nullable Object> void follow(@Nullable Ref<R> other) {
    if (other == null) {
      throw new NullPointerException(
          "its function gave null where a ref is needed; give a ref, or use map for a value");
    }
    boolean late;
    synchronized (this) {
      followed = other;
      awaited = other;
      late = cancelled;
    }
    if (late) {
      other.cancel();
    }
    Objects objects = other.runtime().objects();
    ObjectState state = other.state();
    if (!state.tryRetain()) {
      result.fail(state.wasLetGo());
      return;
    }
    other.whenDone(
        (value, failure) -> {
          if (value == null) {
            objects.release(state);
            result.fail(failure);
            return;
          }
          result.offer(objects.alias(state, value));
        });
  }

  @Override
  public void cancel() {
    Ref<?> other;
    synchronized (this) {
      cancelled = true;
      other = followed;
      if (thread != null) {
        thread.interrupt();
      }
    }
    if (other != null) {
      other.cancel();
    }
  }

  @Override
  public void probe(WaitCycles cycles, Message.WaitProbe probe) {
    Ref<?> needed = awaited();
    if (needed != null) {
      cycles.follow(probe, needed);
    }
  }

  private synchronized @Nullable Ref<?> awaited() {
    return awaited;
  }

  @Override
  public String describe() {
    Ref<?> needed = awaited();
    return needed == null ? "the " + what + " runs" : needed.source().describe();
  }
}
