package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.KryoException;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/// A failure with the path of fields and elements to the value that failed.
final class Traced extends KryoException {
  private static final int MOST_STEPS = 20;

  private final ArrayDeque<String> path = new ArrayDeque<>();
  private int steps;

  private Traced(RuntimeException cause) {
    super(cause.getMessage(), cause);
  }

  /// The failure of a value that was met at a step, such as `.name` or `[3]`.
  static Traced at(String step, RuntimeException failure) {
    Traced traced = failure instanceof Traced known ? known : new Traced(failure);
    traced.steps++;
    traced.path.addFirst(step);
    if (traced.path.size() > MOST_STEPS) {
      traced.path.removeLast();
    }
    return traced;
  }

  /// The outermost steps; an ellipsis stands for the rest.
  String path() {
    var text = new StringBuilder();
    for (Iterator<String> step = path.iterator(); step.hasNext(); ) {
      text.append(step.next());
    }
    return steps > MOST_STEPS ? text.append('…').toString() : text.toString();
  }

  /// What failed first.
  static Throwable root(RuntimeException failure) {
    Throwable root = failure;
    @Nullable Throwable cause = root.getCause();
    while (root instanceof KryoException && cause != null) {
      root = cause;
      cause = root.getCause();
    }
    return root;
  }
}
