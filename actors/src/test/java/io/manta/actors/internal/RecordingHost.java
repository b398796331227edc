package io.manta.actors.internal;

import io.manta.core.NodeId;
import io.manta.core.TaskId;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.pekko.actor.ActorSystem;

/// The host of a runtime that is alone and thinks that all processes live; keeps what it sends
/// them.
final class RecordingHost implements PekkoHost {
  private final EmbeddedHost embedded;
  private final List<Message> sent = new CopyOnWriteArrayList<>();
  private final Cluster cluster;

  RecordingHost(MantaRuntime runtime) {
    embedded = new EmbeddedHost(runtime);
    cluster =
        (Cluster)
            Proxy.newProxyInstance(
                Cluster.class.getClassLoader(),
                new Class<?>[] {Cluster.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("send")) {
                    sent.add((Message) arguments[1]);
                    return null;
                  }
                  return switch (method.getName()) {
                    case "isAlive" -> true;
                    case "isGone" -> false;
                    default -> method.invoke(embedded.cluster(), arguments);
                  };
                });
  }

  /// What was sent, in order.
  List<Message> sent() {
    return sent;
  }

  @Override
  public Cluster cluster() {
    return cluster;
  }

  @Override
  public ActorSystem actors() {
    return embedded.actors();
  }

  @Override
  public Submissions submissions() {
    return embedded.submissions();
  }

  @Override
  public boolean dropWaiting(TaskId task) {
    return false;
  }

  @Override
  public void reclaim() {}

  @Override
  public void receive(NodeId from, Message message) {}

  @Override
  public void close() {
    embedded.close();
  }
}
