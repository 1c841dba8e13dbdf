/*
 * device.h - kinds of devices, as user_agent.kind has them. Numbers are stored and never change.
 */
#ifndef LEADBOARD_DEVICE_H
#define LEADBOARD_DEVICE_H

enum device_kind {
    DEVICE_UNKNOWN,
    DEVICE_DESKTOP,
    DEVICE_PHONE,
    DEVICE_TABLET,
    DEVICE_TV,
    DEVICE_BOT,
    DEVICE__COUNT
};

#endif
