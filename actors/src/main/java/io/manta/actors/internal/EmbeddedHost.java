package io.manta.actors.internal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.manta.core.NodeId;
import io.manta.core.TaskId;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An actor system without a port.
final class EmbeddedHost implements PekkoHost {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedHost.class);
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  private final MantaRuntime runtime;
  private final ActorSystem system;
  private final Cluster cluster;

  EmbeddedHost(MantaRuntime runtime) {
    this.runtime = runtime;
    Config config = ConfigFactory.load(ConfigFactory.parseResources("manta-embedded.conf"));
    this.system = ActorSystem.create("manta", config, MantaRuntime.class.getClassLoader());
    this.cluster = new Alone(runtime, system);
    system
        .getWhenTerminated()
        .thenRun(
            () ->
                runtime.fatal("its actor system", new IllegalStateException("it ended by itself")));
  }

  @Override
  public Submissions submissions() {
    return new OwnSubmissions(runtime);
  }

  @Override
  public Cluster cluster() {
    return cluster;
  }

  @Override
  public ActorSystem actors() {
    return system;
  }

  @Override
  public void reclaim() {
    // Nobody else's leases are here.
  }

  @Override
  public boolean dropWaiting(TaskId task) {
    return false;
  }

  @Override
  public void receive(NodeId from, Message message) {
    throw new IllegalStateException("an embedded node was sent " + message);
  }

  @Override
  public void close() {
    terminate(system);
  }

  static void terminate(ActorSystem system) {
    try {
      system.terminate();
      system
          .getWhenTerminated()
          .toCompletableFuture()
          .get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("the actor system did not end within {}", DEADLINE, e);
    }
  }
}
