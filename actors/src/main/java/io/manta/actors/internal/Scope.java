package io.manta.actors.internal;

import io.manta.core.ObjectRef;
import io.manta.core.RefScope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The scope that a thread opened last, and those around it.
final class Scope implements RefScope {
  private static final ThreadLocal<@Nullable Scope> CURRENT = new ThreadLocal<>();

  /// Whether any thread has one, so that others need not look.
  private static final AtomicInteger OPEN = new AtomicInteger();

  private final @Nullable Scope outer = CURRENT.get();
  private final Thread thread = Thread.currentThread();
  private final List<Ref<?>> refs = new ArrayList<>();
  private boolean closed;

  static Scope open() {
    var scope = new Scope();
    CURRENT.set(scope);
    OPEN.incrementAndGet();
    return scope;
  }

  /// A ref was made by the calling thread.
  static void made(Ref<?> ref) {
    if (OPEN.get() > 0) {
      Scope scope = CURRENT.get();
      if (scope != null) {
        scope.refs.add(ref);
      }
    }
  }

  @Override
  public <T extends @Nullable Object> ObjectRef<T> keep(ObjectRef<T> ref) {
    refs.removeIf(made -> made == ref);
    return ref;
  }

  @Override
  public void close() {
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException(
          "a scope is closed by the thread that opened it, " + thread + "; this is another");
    }
    if (closed) {
      return;
    }
    if (CURRENT.get() != this) {
      throw new IllegalStateException("a scope that was opened after this one is still open");
    }
    closed = true;
    OPEN.decrementAndGet();
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
    refs.forEach(Ref::close);
  }
}
