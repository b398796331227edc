/// See the README of the project.
@NullMarked
package io.manta.objects;

import org.jspecify.annotations.NullMarked;
