package io.manta.actors.autoscaling;

import io.manta.actors.Manta;
import io.manta.core.ClusterDemand;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts nodes for work that waits in a cluster, and gives back those that are idle. It runs in
/// one process of the cluster, a driver or a node; all it knows it learns anew each time from the
/// cluster and the provider, so another one can go on where this one ended.
///
/// Nothing that runs is killed: a node is stopped only when it was idle for long, takes nothing
/// more, and says after that that nothing is on it.
public final class Autoscaler implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Autoscaler.class);

  private final ScalingLoop loop;
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  /// Held during a step.
  private final ReentrantLock step = new ReentrantLock();

  private volatile boolean closed;
  private volatile Flow.@Nullable Subscription subscription;

  private Autoscaler(ScalingLoop loop) {
    this.loop = loop;
  }

  /// As [#start(Manta, NodeProvider, AutoscalerConfig, Consumer)]; what it does is in the log.
  public static Autoscaler start(Manta manta, NodeProvider provider, AutoscalerConfig config) {
    return start(manta, provider, config, event -> {});
  }

  /// Begins to watch the cluster. Does not block.
  ///
  /// @param provider stays open when this is closed
  /// @param listener told of all that it does, by its own thread; should return quickly
  public static Autoscaler start(
      Manta manta,
      NodeProvider provider,
      AutoscalerConfig config,
      Consumer<? super ScalingEvent> listener) {
    var loop =
        new ScalingLoop(
            new Nodes(manta),
            provider,
            config,
            event -> {
              log(event);
              listener.accept(event);
            });
    var autoscaler = new Autoscaler(loop);
    manta.demand(config.interval(), config.types()).subscribe(autoscaler.new Looks());
    return autoscaler;
  }

  private static void log(ScalingEvent event) {
    if (event.kind() == ScalingEvent.Kind.FAILED) {
      LOG.warn("{}", event);
    } else {
      LOG.info("{}", event);
    }
  }

  private final class Looks implements Flow.Subscriber<ClusterDemand> {
    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      next();
    }

    @Override
    public void onNext(ClusterDemand demand) {
      step.lock();
      try {
        if (!closed) {
          loop.step(demand, System.nanoTime());
        }
      } catch (RuntimeException e) {
        LOG.warn("a step of the autoscaler failed; the next one tries again", e);
      } finally {
        step.unlock();
      }
      next();
    }

    private void next() {
      Flow.Subscription current = subscription;
      if (closed) {
        end();
      } else if (current != null) {
        current.request(1);
      }
    }

    @Override
    public void onError(Throwable failure) {
      LOG.warn("the autoscaler ends", failure);
      ended.complete(false);
    }

    @Override
    public void onComplete() {
      ended.complete(true);
    }
  }

  private void end() {
    Flow.Subscription current = subscription;
    if (current != null) {
      current.cancel();
    }
    ended.complete(true);
  }

  /// Completes when it watches no more: it was closed, or its runtime was.
  public CompletionStage<Boolean> whenEnded() {
    return ended.minimalCompletionStage();
  }

  /// Ends the watch. Nodes stay; those that were about to leave stay cordoned, and the next
  /// autoscaler stops them once they have been idle for the timeout. Blocks until what is being
  /// started or stopped just now is.
  @Override
  public void close() {
    closed = true;
    step.lock();
    try {
      end();
    } finally {
      step.unlock();
    }
  }

  /// The cluster of a runtime.
  private record Nodes(Manta manta) implements ClusterAccess {
    /// How long a step waits for actors to move.
    private static final Duration MOVES = Duration.ofMillis(500);

    @Override
    public List<NodeInfo> nodes() {
      return manta.nodes();
    }

    @Override
    public void drain(NodeId node) {
      manta.node(node).drain(MOVES);
    }

    @Override
    public void uncordon(NodeId node) {
      manta.node(node).uncordon();
    }
  }
}
