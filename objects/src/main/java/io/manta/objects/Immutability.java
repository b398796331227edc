package io.manta.objects;

import io.manta.core.ObjectRef;
import io.manta.core.PrimitiveArray;
import java.io.File;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Tells whether a value can be shared by many threads as if each had a copy: primitives' boxes,
/// strings, enums, java.time, ids and handles, Manta's arrays; records, optionals, unmodifiable
/// collections and lambdas whose parts are such. Identity does not count.
public final class Immutability {
  /// Marks a type of Manta's own whose instances are shared, such as a handle.
  public interface SharedByDesign {}

  private static final Set<Class<?>> KNOWN =
      Set.of(
          Boolean.class,
          Byte.class,
          Short.class,
          Character.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          String.class,
          BigInteger.class,
          BigDecimal.class,
          UUID.class,
          URI.class,
          Locale.class,
          Currency.class,
          Pattern.class,
          Class.class,
          Object.class,
          OptionalInt.class,
          OptionalLong.class,
          OptionalDouble.class);

  /// Immutable as long as what they hold is; found by instance, since the classes are not public.
  private static final Set<Class<?>> UNMODIFIABLE =
      Set.of(
          List.of().getClass(),
          List.of(1).getClass(),
          Set.of().getClass(),
          Set.of(1).getClass(),
          Map.of().getClass(),
          Map.of(1, 1).getClass());

  private enum Kind {
    ALWAYS,
    NEVER,
    REF,
    RECORD,
    OPTIONAL,
    COLLECTION,
    MAP,
    LAMBDA
  }

  private record Plan(Kind kind, MethodHandle[] accessors) {}

  private static final ClassValue<Plan> PLANS =
      new ClassValue<>() {
        @Override
        protected Plan computeValue(Class<?> type) {
          return plan(type);
        }
      };

  private Immutability() {}

  /// Of a value that holds no refs either, which somebody could close.
  public static boolean isImmutable(@Nullable Object value) {
    return isImmutable(value, ref -> false);
  }

  /// @param allowed which refs it may hold
  public static boolean isImmutable(
      @Nullable Object value, Predicate<? super ObjectRef<?>> allowed) {
    return part(value, 16, allowed);
  }

  /// @param depth levels left; deeper values count as mutable, which costs a copy and is never
  ///   wrong
  private static boolean isImmutable(
      Object value, int depth, Predicate<? super ObjectRef<?>> refs) {
    Plan plan = PLANS.get(value.getClass());
    if (plan.kind == Kind.ALWAYS || plan.kind == Kind.NEVER) {
      return plan.kind == Kind.ALWAYS;
    }
    if (plan.kind == Kind.REF) {
      return refs.test((ObjectRef<?>) value);
    }
    if (depth == 0) {
      return false;
    }
    return switch (plan.kind) {
      case ALWAYS -> true;
      case NEVER, REF -> false;
      case RECORD -> recordParts(value, plan.accessors, depth - 1, refs);
      case OPTIONAL -> part(((Optional<?>) value).orElse(null), depth - 1, refs);
      case COLLECTION -> parts((Collection<?>) value, depth - 1, refs);
      case MAP ->
          parts(((Map<?, ?>) value).keySet(), depth - 1, refs)
              && parts(((Map<?, ?>) value).values(), depth - 1, refs);
      case LAMBDA -> lambdaParts(value, depth - 1, refs);
    };
  }

  private static boolean part(
      @Nullable Object part, int depth, Predicate<? super ObjectRef<?>> refs) {
    return part == null || isImmutable(part, depth, refs);
  }

  private static boolean parts(
      Collection<?> parts, int depth, Predicate<? super ObjectRef<?>> refs) {
    for (Object part : parts) {
      if (!part(part, depth, refs)) {
        return false;
      }
    }
    return true;
  }

  private static boolean lambdaParts(
      Object lambda, int depth, Predicate<? super ObjectRef<?>> refs) {
    for (Object part : Captures.of(lambda)) {
      if (!part(part, depth, refs)) {
        return false;
      }
    }
    return true;
  }

  private static boolean recordParts(
      Object value, MethodHandle[] accessors, int depth, Predicate<? super ObjectRef<?>> refs) {
    for (MethodHandle accessor : accessors) {
      Object component;
      try {
        component = (Object) accessor.invokeExact(value);
      } catch (Throwable e) {
        return false;
      }
      if (!part(component, depth, refs)) {
        return false;
      }
    }
    return true;
  }

  private static Plan plan(Class<?> type) {
    if (KNOWN.contains(type)
        || type.isEnum()
        || (type.getSuperclass() != null && type.getSuperclass().isEnum())
        || "java.time".equals(type.getPackageName())
        || "java.time.zone".equals(type.getPackageName())
        || SharedByDesign.class.isAssignableFrom(type)
        || PrimitiveArray.class.isAssignableFrom(type)
        || InetAddress.class.isAssignableFrom(type)
        || Charset.class.isAssignableFrom(type)
        || (Path.class.isAssignableFrom(type) && type.getName().startsWith("sun.nio.fs."))
        || type == File.class) {
      return new Plan(Kind.ALWAYS, new MethodHandle[0]);
    }
    if (ObjectRef.class.isAssignableFrom(type)) {
      return new Plan(Kind.REF, new MethodHandle[0]);
    }
    if (type.isRecord()) {
      return recordPlan(type);
    }
    if (type == Optional.class) {
      return new Plan(Kind.OPTIONAL, new MethodHandle[0]);
    }
    if (UNMODIFIABLE.contains(type)) {
      Kind kind = Map.class.isAssignableFrom(type) ? Kind.MAP : Kind.COLLECTION;
      return new Plan(kind, new MethodHandle[0]);
    }
    if (type.isHidden() && type.isSynthetic()) {
      return new Plan(Kind.LAMBDA, new MethodHandle[0]);
    }
    return new Plan(Kind.NEVER, new MethodHandle[0]);
  }

  private static Plan recordPlan(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    var accessors = new MethodHandle[components.length];
    try {
      for (int i = 0; i < components.length; i++) {
        var accessor = components[i].getAccessor();
        accessor.setAccessible(true);
        MethodHandle handle = MethodHandles.lookup().unreflect(accessor);
        accessors[i] =
            handle.asType(
                handle.type().changeReturnType(Object.class).changeParameterType(0, Object.class));
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      return new Plan(Kind.NEVER, new MethodHandle[0]);
    }
    return new Plan(Kind.RECORD, accessors);
  }
}
