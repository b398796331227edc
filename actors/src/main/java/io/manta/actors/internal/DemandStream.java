package io.manta.actors.internal;

import io.manta.core.ClusterDemand;
import io.manta.core.NodeType;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What waits in the cluster and which nodes are idle, as each subscriber asks for it.
record DemandStream(MantaRuntime runtime, Duration interval, List<NodeType> types)
    implements Flow.Publisher<ClusterDemand> {
  @Override
  public void subscribe(Flow.Subscriber<? super ClusterDemand> subscriber) {
    Arguments.given(subscriber, "subscriber", "who is told");
    var looks = new Looks(subscriber);
    runtime.thread("manta-demand").start(looks);
  }

  /// Those of one subscriber.
  private final class Looks implements Flow.Subscription, Runnable {
    private final Flow.Subscriber<? super ClusterDemand> subscriber;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long wanted;
    private boolean over;

    /// Whether it is over since the runtime is.
    private boolean ended;

    private @Nullable IllegalArgumentException wrong;

    Looks(Flow.Subscriber<? super ClusterDemand> subscriber) {
      this.subscriber = subscriber;
    }

    @Override
    public void request(long n) {
      change(
          () -> {
            if (n <= 0) {
              wrong = new IllegalArgumentException("a request of " + n + " must be 1 or more");
            } else {
              wanted = wanted + n < 0 ? Long.MAX_VALUE : wanted + n;
            }
          });
    }

    @Override
    public void cancel() {
      change(() -> over = true);
    }

    private void change(Runnable change) {
      lock.lock();
      try {
        change.run();
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void run() {
      runtime.whenClosed().thenRun(() -> change(() -> {}));
      try {
        subscriber.onSubscribe(this);
        long next = System.nanoTime();
        while (isToLook(next)) {
          next = System.nanoTime() + interval.toNanos();
          ClusterDemand demand = runtime.allActors().demand(types);
          if (!isOver()) {
            subscriber.onNext(demand);
          }
        }
        if (ended) {
          subscriber.onComplete();
        }
      } catch (InterruptedException | RuntimeException e) {
        if (!isOver()) {
          cancel();
          subscriber.onError(e);
        }
      }
    }

    /// Waits until a look is wanted and due. False when there is to be none any more.
    private boolean isToLook(long due) throws InterruptedException {
      lock.lock();
      try {
        while (!over) {
          if (wrong != null) {
            throw wrong;
          }
          if (runtime.isClosing()) {
            over = true;
            ended = true;
            return false;
          }
          long left = due - System.nanoTime();
          if (wanted > 0 && left <= 0) {
            wanted = wanted == Long.MAX_VALUE ? wanted : wanted - 1;
            return true;
          }
          if (wanted > 0) {
            changed.awaitNanos(left);
          } else {
            changed.await();
          }
        }
        return false;
      } finally {
        lock.unlock();
      }
    }

    private boolean isOver() {
      lock.lock();
      try {
        return over;
      } finally {
        lock.unlock();
      }
    }
  }
}
