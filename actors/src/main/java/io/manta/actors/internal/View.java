package io.manta.actors.internal;

import io.manta.actors.DurableActor;
import io.manta.actors.Movable;
import io.manta.actors.RemoteActor;
import io.manta.actors.Suggestions;
import io.manta.core.ObjectRef;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An actor as an interface of its user's: each method of that is a call of the actor's method of
/// the same name and parameters.
record View<A extends RemoteActor>(Handle<A> handle, Class<?> type) implements InvocationHandler {
  private static final Object[] NONE = {};

  /// What nothing but itself can be cast to.
  private static final Set<Class<?>> EXACT =
      Set.of(
          Boolean.class,
          Byte.class,
          Character.class,
          Double.class,
          Float.class,
          Integer.class,
          Long.class,
          Short.class,
          String.class);

  /// The methods of an actor's class, by what views ask for.
  private static final ClassValue<ConcurrentHashMap<Asked, Method>> METHODS =
      new ClassValue<>() {
        @Override
        protected ConcurrentHashMap<Asked, Method> computeValue(Class<?> type) {
          return new ConcurrentHashMap<>();
        }
      };

  private record Wanted(String name, List<Class<?>> parameters) {
    @Override
    public String toString() {
      return parameters.stream()
          .map(Class::getSimpleName)
          .collect(Collectors.joining(", ", name + "(", ")"));
    }
  }

  /// @param result what the view says that it gives; Object for what is not to be checked
  private record Asked(Wanted method, Class<?> result) {}

  static <A extends RemoteActor, I> I of(Handle<A> handle, Class<I> type) {
    if (!type.isInterface()) {
      throw new IllegalArgumentException(type.getName() + " is no interface");
    }
    for (Method method : type.getMethods()) {
      if (Modifier.isAbstract(method.getModifiers()) && !returnsWell(method.getReturnType())) {
        throw new IllegalArgumentException(
            "%s of %s returns %s: a method of an actor's view returns CompletionStage, ObjectRef or void, since its actor may be elsewhere"
                .formatted(wanted(method), type.getName(), method.getReturnType().getSimpleName()));
      }
    }
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, new View<>(handle, type)));
  }

  private static boolean returnsWell(Class<?> type) {
    return type == void.class
        || type == ObjectRef.class
        || type == CompletionStage.class
        || type == CompletableFuture.class;
  }

  private static Wanted wanted(Method method) {
    return new Wanted(method.getName(), List.of(method.getParameterTypes()));
  }

  @Override
  @SuppressWarnings("NullAway") // a method of Object may be asked whether it equals null
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    Object[] given = arguments == null ? NONE : arguments;
    if (method.getDeclaringClass() == Object.class) {
      return ofObject(method, given);
    }
    if (method.isDefault()) {
      return InvocationHandler.invokeDefault(proxy, method, given);
    }
    var call =
        new Closures.Named<A>(
            method.getName(), List.of(method.getParameterTypes()), result(method), given);
    if (method.getReturnType() == void.class) {
      handle.send(call);
      return null;
    }
    ObjectRef<@Nullable Object> ref = handle.call(call);
    return method.getReturnType() == ObjectRef.class ? ref : ref.toCompletionStage();
  }

  private Object ofObject(Method method, Object[] arguments) {
    return switch (method.getName()) {
      case "equals" -> isViewOfTheSame(arguments[0]);
      case "hashCode" -> handle.hashCode();
      default -> type.getSimpleName() + " of " + handle;
    };
  }

  private boolean isViewOfTheSame(@Nullable Object other) {
    return other != null
        && Proxy.isProxyClass(other.getClass())
        && Proxy.getInvocationHandler(other) instanceof View<?> that
        && handle.equals(that.handle)
        && type == that.type;
  }

  /// What the value is said to be, if that is to be checked. A class of the user's is not, since it
  /// may be there twice where the actor lives, once for each job.
  private static Class<?> result(Method method) {
    Class<?> type = of(method.getGenericReturnType());
    return EXACT.contains(type) ? type : Object.class;
  }

  /// What a method of an actor gives in the end.
  private static Class<?> given(Method method) {
    Class<?> type = method.getReturnType();
    return CompletionStage.class.isAssignableFrom(type)
        ? of(method.getGenericReturnType())
        : MethodType.methodType(type).wrap().returnType();
  }

  /// What a stage or a ref is of, where that is said.
  private static Class<?> of(Type type) {
    return type instanceof ParameterizedType generic
            && returnsWell((Class<?>) generic.getRawType())
            && generic.getActualTypeArguments()[0] instanceof Class<?> value
        ? value
        : Object.class;
  }

  /// Where the actor lives.
  static @Nullable Object run(
      RemoteActor actor,
      String name,
      List<Class<?>> parameters,
      Class<?> awaited,
      Object[] arguments)
      throws Exception {
    var asked = new Asked(new Wanted(name, parameters), awaited);
    Method method = method(actor.getClass(), asked);
    try {
      Object result = method.invoke(actor, arguments);
      return result instanceof CompletionStage<?> stage ? Later.of(stage) : result;
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof Exception thrown ? thrown : e;
    }
  }

  private static Method method(Class<?> actor, Asked asked) {
    return METHODS.get(actor).computeIfAbsent(asked, missing -> findFitting(actor, missing));
  }

  private static Method findFitting(Class<?> actor, Asked asked) {
    Method method = find(actor, asked.method);
    Class<?> gives = asked.result == Object.class ? Object.class : given(method);
    if (!gives.isAssignableFrom(asked.result)) {
      throw new IllegalArgumentException(
          "%s of %s gives %s, and its view says %s; have both say the same"
              .formatted(
                  asked.method,
                  actor.getName(),
                  gives == Void.class ? "nothing" : gives.getSimpleName(),
                  asked.result.getSimpleName()));
    }
    return method;
  }

  private static Method find(Class<?> actor, Wanted wanted) {
    Class<?>[] parameters = wanted.parameters.toArray(Class<?>[]::new);
    for (Class<?> type : classes(actor)) {
      try {
        Method method = type.getDeclaredMethod(wanted.name, parameters);
        if (Modifier.isPrivate(method.getModifiers())) {
          throw new IllegalArgumentException(
              "%s of %s is private; make it visible in its package"
                  .formatted(wanted, type.getName()));
        }
        if (isCallable(method, actor)) {
          method.setAccessible(true); // its class may be visible in its package only
          return method;
        }
      } catch (NoSuchMethodException e) {
        // its superclass may have it
      }
    }
    throw new IllegalArgumentException(
        "%s has no method %s%s".formatted(actor.getName(), wanted, instead(actor, wanted)));
  }

  /// Those of that name, else what may have been meant.
  private static String instead(Class<?> actor, Wanted wanted) {
    List<Wanted> all = methods(actor);
    String sameName =
        all.stream()
            .filter(method -> method.name.equals(wanted.name))
            .map(Wanted::toString)
            .collect(Collectors.joining(" and "));
    if (all.isEmpty()) {
      return "; it has no method that could be called";
    }
    return sameName.isEmpty()
        ? Suggestions.of(wanted.name, all.stream().map(Wanted::name).distinct().toList())
        : "; it has " + sameName;
  }

  private static List<Wanted> methods(Class<?> actor) {
    var methods = new ArrayList<Wanted>();
    for (Class<?> type : classes(actor)) {
      Arrays.stream(type.getDeclaredMethods())
          .filter(method -> isCallable(method, actor) && !method.isSynthetic())
          .forEach(method -> methods.add(wanted(method)));
    }
    return methods.stream().distinct().sorted(Comparator.comparing(Wanted::toString)).toList();
  }

  /// The user's own, the most special first: what this library's classes have is for the actor.
  private static List<Class<?>> classes(Class<?> actor) {
    return Stream.<Class<?>>iterate(actor, type -> type != RemoteActor.class, Class::getSuperclass)
        .filter(type -> type != DurableActor.class)
        .toList();
  }

  private static boolean isCallable(Method method, Class<?> actor) {
    int modifiers = method.getModifiers();
    return !Modifier.isPrivate(modifiers)
        && !Modifier.isStatic(modifiers)
        && !isHook(method, actor);
  }

  /// What the runtime calls, such as `onStop`.
  private static boolean isHook(Method method, Class<?> actor) {
    return Stream.of(RemoteActor.class, DurableActor.class, Movable.class)
        .filter(type -> type.isAssignableFrom(actor))
        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
        .filter(hook -> (hook.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0)
        .filter(hook -> !Modifier.isStatic(hook.getModifiers()))
        .anyMatch(hook -> isOverridden(hook, method));
  }

  private static boolean isOverridden(Method hook, Method method) {
    return wanted(hook).equals(wanted(method)) || isBridged(hook, method);
  }

  /// Whether a method has the parameters for which a generic hook is implemented.
  private static boolean isBridged(Method hook, Method method) {
    Class<?>[] general = hook.getParameterTypes();
    Class<?>[] special = method.getParameterTypes();
    return hook.getName().equals(method.getName())
        && general.length == special.length
        && IntStream.range(0, general.length).allMatch(i -> general[i].isAssignableFrom(special[i]))
        && Arrays.stream(method.getDeclaringClass().getDeclaredMethods())
            .anyMatch(other -> other.isBridge() && wanted(other).equals(wanted(hook)));
  }
}
