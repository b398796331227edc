package io.manta.actors.internal;

import io.manta.actors.RemoteActor;
import io.manta.core.ActorId;
import io.manta.objects.ClosureTypes;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Optional;

/// The classes of actors, for people.
final class ActorTypes {
  private ActorTypes() {}

  static String name(Class<?> type) {
    String simple = type.getSimpleName();
    String full = type.getName();
    return simple.isEmpty() ? full.substring(full.lastIndexOf('.') + 1) : simple; // anonymous
  }

  /// An actor, for people.
  static String what(String type, Optional<String> name, ActorId id) {
    String named = name.isPresent() ? " '" + name.get() + "'" : "";
    return "actor " + type + named + " (" + id + ")";
  }

  /// What a call says that failed since it was made for another class than the actor's; any other
  /// failure as it is.
  static RuntimeException explained(ClassCastException failure, Object method, Object actor) {
    try {
      return told(failure, method, actor);
    } catch (RuntimeException | LinkageError e) {
      failure.addSuppressed(e);
      return failure;
    }
  }

  private static RuntimeException told(ClassCastException failure, Object method, Object actor) {
    Class<?> wanted = ClosureTypes.parameter(Capture.innermost(method)).orElse(Object.class);
    if (wanted.isInstance(actor)) {
      return failure;
    }
    String is = actor.getClass().getName();
    return new IllegalArgumentException(
        wanted.getName().equals(is)
            ? "the actor's class "
                + is
                + " is that of another job, and the call was made with its own; put the class on the"
                + " class path of the nodes (MANTA_CLASS_PATH), or call it as(an interface)"
            : "the actor is a %s, and the call was made for a %s; find it, or create it by getIfExists(), as what it is"
                .formatted(is, wanted.getName()),
        failure);
  }

  /// What a constructor gives, where its source says more than that it is an actor.
  static Optional<String> madeBy(Object constructor) {
    return ClosureTypes.result(constructor)
        .or(() -> madeBy(constructor.getClass()))
        .filter(type -> type != RemoteActor.class && RemoteActor.class.isAssignableFrom(type))
        .map(ActorTypes::name);
  }

  /// Of a class that was written in place of a lambda.
  private static Optional<Class<?>> madeBy(Class<?> constructor) {
    return Arrays.stream(constructor.getDeclaredMethods())
        .filter(method -> method.getName().equals("call") && method.getParameterCount() == 0)
        .filter(method -> !method.isBridge())
        .<Class<?>>map(Method::getReturnType)
        .findAny();
  }
}
