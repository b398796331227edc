package io.manta.testkit;

import io.manta.actors.Manta;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;

/// What [Manta#explain] says of a task.
final class Explained {
  private Explained() {}

  static boolean runsOn(Manta manta, ObjectRef<?> task, NodeId node) {
    return manta.explain(task).orElse("").contains("runs on " + node);
  }
}
