// Every declared parameter, by area.
#pragma once

#include "core/config/params_basic.h"
#include "core/config/params_lmtp.h"
#include "core/config/params_local.h"
#include "core/config/params_queue.h"
#include "core/config/params_routing.h"
#include "core/config/params_server.h"
#include "core/config/params_smtp.h"
#include "core/config/params_smtpd.h"
#include "core/config/params_smtpd_access.h"
#include "core/config/params_tls.h"
