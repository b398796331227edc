package io.manta.actors.internal;

import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.Done;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.AsPublisher;
import org.apache.pekko.stream.javadsl.JavaFlowSupport;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/// A stream whose consumer pulls it, ref by ref.
abstract class PulledStream<T extends @Nullable Object> implements RefStream<T> {
  private final MantaRuntime runtime;
  private final AtomicBoolean taken = new AtomicBoolean();

  PulledStream(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  MantaRuntime runtime() {
    return runtime;
  }

  /// The next ref, or empty at the end. Not called again before it is done.
  abstract CompletableFuture<Optional<ObjectRef<T>>> pull();

  /// The consumer's thread gets a ref.
  void received(ObjectRef<T> ref) {}

  private void take() {
    if (!taken.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "this stream has a consumer already; collect its refs in a list to read them twice");
    }
  }

  @Override
  public Iterator<ObjectRef<T>> iterator() {
    take();
    return new Pulling();
  }

  private final class Pulling implements Iterator<ObjectRef<T>> {
    private @Nullable ObjectRef<T> ahead;
    private boolean over;

    @Override
    public boolean hasNext() {
      if (ahead == null && !over) {
        ahead = await(pull()).orElse(null);
        over = ahead == null;
      }
      return ahead != null;
    }

    private Optional<ObjectRef<T>> await(CompletableFuture<Optional<ObjectRef<T>>> next) {
      Waits.await(next, Long.MAX_VALUE, "the next ref of a stream");
      try {
        return next.join();
      } catch (CompletionException e) {
        throw Failed.rethrown(Failed.bySystem(e));
      }
    }

    @Override
    public ObjectRef<T> next() {
      ObjectRef<T> next = hasNext() ? ahead : null;
      if (next == null) {
        throw new NoSuchElementException("the stream is over");
      }
      ahead = null;
      received(next);
      return next;
    }
  }

  @Override
  public void subscribe(Flow.Subscriber<? super ObjectRef<T>> subscriber) {
    take();
    Source.unfoldResourceAsync(
            () -> CompletableFuture.completedFuture(this),
            stream -> (CompletionStage<Optional<ObjectRef<T>>>) stream.pull(),
            stream -> {
              stream.close();
              return CompletableFuture.completedFuture(Done.done());
            })
        .runWith(
            JavaFlowSupport.Sink.<ObjectRef<T>>asPublisher(AsPublisher.WITHOUT_FANOUT),
            Materializer.createMaterializer(runtime.system()))
        .subscribe(subscriber);
  }
}
