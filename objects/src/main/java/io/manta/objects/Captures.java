package io.manta.objects;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The values that a closure captured: the fields of the lambda's class, or of a class that a user
/// wrote in its place. Read by method handles that are made once per class.
public final class Captures {
  private static final MethodHandle[] NONE = {};

  private static final ClassValue<MethodHandle[]> GETTERS =
      new ClassValue<>() {
        @Override
        protected MethodHandle[] computeValue(Class<?> type) {
          return getters(type);
        }
      };

  private Captures() {}

  /// The captured values in declaration order.
  public static List<@Nullable Object> of(Object closure) {
    MethodHandle[] getters = GETTERS.get(closure.getClass());
    if (getters.length == 0) {
      return List.of();
    }
    @Nullable Object[] values = new Object[getters.length];
    try {
      for (int i = 0; i < getters.length; i++) {
        values[i] = (Object) getters[i].invokeExact(closure);
      }
    } catch (Throwable e) {
      throw new IllegalStateException(
          "captured values of " + closure.getClass() + " can't be read", e);
    }
    return Arrays.asList(values);
  }

  private static MethodHandle[] getters(Class<?> type) {
    var getters = new ArrayList<MethodHandle>();
    for (Class<?> at = type; at != null && at != Object.class; at = at.getSuperclass()) {
      for (Field field : at.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())) {
          getters.add(getter(field));
        }
      }
    }
    return getters.isEmpty() ? NONE : getters.toArray(MethodHandle[]::new);
  }

  private static MethodHandle getter(Field field) {
    try {
      field.setAccessible(true);
      MethodHandle getter = MethodHandles.lookup().unreflectGetter(field);
      return getter.asType(
          getter.type().changeReturnType(Object.class).changeParameterType(0, Object.class));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(field + " can't be read", e);
    }
  }
}
